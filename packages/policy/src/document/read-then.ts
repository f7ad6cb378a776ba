import type { JsonValue, Patch } from "@tollgate/core";
import { isScalar, type Node } from "yaml";
import type { RuleThen } from "../rules/rule.ts";
import { ruleDecisions } from "../rules/rule.ts";
import { readDuration } from "./read-duration.ts";
import { plainOf, readMap, readNumber, readText, readWord, report } from "./read-nodes.ts";
import type { Secrets } from "./secrets.ts";
import type { Source } from "./source.ts";

const bare = ["allow", "deny", "stop", "skip", "require_approval"] as const;
const withParts = ["degrade", "skip", "require_approval"] as const;

/** Reads what a rule does: a word, or a map of one word to its parts; null when it is neither. */
export function readThen(source: Source, node: Node | null | undefined, secrets: Secrets): RuleThen | null {
  if (isScalar(node)) {
    if (node.value === "degrade") {
      report(source, node, "degrade needs to know what to change: write then: { degrade: { model: ... } }");
      return null;
    }
    const decision = readWord(source, node, "then", [...bare, "degrade"]);
    return decision === null || decision === "degrade" ? null : { decision };
  }
  const members = readMap(source, node, "then", ruleDecisions);
  if (members === null) return null;
  const [entry, ...others] = members;
  if (entry === undefined || others.length > 0) {
    report(source, node, "then says one thing: one of allow, deny, stop, skip, degrade, require_approval");
    return null;
  }
  const [word, { key, node: parts }] = entry;
  const decision = readWord(source, key, "then as a map", withParts);
  if (decision === null) return null;
  switch (word) {
    case "degrade":
      return readDegrade(source, parts, secrets);
    case "skip": {
      const skip = readMap(source, parts, "skip", ["result"]);
      const result = skip?.get("result");
      if (skip === null) return null;
      return result === undefined
        ? { decision: "skip" }
        : { decision: "skip", result: plainOf(result.node) as JsonValue };
    }
    default:
      return readApproval(source, parts);
  }
}

function readApproval(source: Source, node: Node | null): RuleThen | null {
  const approval = readMap(source, node, "require_approval", ["role", "ttl"]);
  if (approval === null) return null;
  const [role, ttl] = [approval.get("role"), approval.get("ttl")];
  const approver = role === undefined ? null : readText(source, role.node, "role");
  const ttlMs = ttl === undefined ? null : readDuration(source, ttl.node, "ttl");
  return {
    decision: "require_approval",
    ...(approver === null ? {} : { approver }),
    ...(ttlMs === null ? {} : { ttlMs }),
  };
}

function readDegrade(source: Source, node: Node | null, secrets: Secrets): RuleThen | null {
  const patch = readPatch(source, node, secrets);
  return patch === null ? null : { decision: "degrade", patch };
}

/** Reads what a degrade changes; null when it makes no sense. */
export function readPatch(source: Source, node: Node | null, secrets: Secrets): Patch | null {
  const members = readMap(source, node, "degrade", ["model", "provider", "params", "maxOutputTokens"]);
  if (members === null) return null;
  if (members.size === 0) {
    report(
      source,
      node,
      "degrade changes nothing; name at least one of model, provider, params, maxOutputTokens",
    );
    return null;
  }
  const patch: { -readonly [Part in keyof Patch]: Patch[Part] } = {};
  for (const name of ["model", "provider"] as const) {
    const member = members.get(name);
    const text = member === undefined ? null : readText(source, member.node, name);
    if (text !== null) patch[name] = text;
  }
  const limit = members.get("maxOutputTokens");
  const tokens =
    limit === undefined
      ? null
      : readNumber(source, limit.node, "maxOutputTokens", [1, Number.MAX_SAFE_INTEGER]);
  if (tokens !== null) patch.maxOutputTokens = tokens;
  const params = members.get("params");
  if (params !== undefined && readMap(source, params.node, "params", null) !== null) {
    patch.params = secrets.plainOf(source, params.node as Node, plainOf(params.node)) as NonNullable<
      Patch["params"]
    >;
  }
  return patch;
}
