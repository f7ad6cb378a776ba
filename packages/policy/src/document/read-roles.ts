import { InvalidConfig } from "@tollgate/core";
import { type Capability, capabilities, checkPattern } from "@tollgate/core/policy";
import { isScalar, type Node } from "yaml";
import { listed, nearestOf } from "../cel/known-names.ts";
import { readItems, readMap, readText, readWord, report } from "./read-nodes.ts";
import type { Source } from "./source.ts";

/** What a role may do. */
export interface Role {
  readonly capability: Capability | null;
  /** Patterns of the tools that it may call; null for all. */
  readonly tools: readonly string[] | null;
}

/** Which role a subject acts in: it must have all of the fields. */
export interface RoleAssignment {
  readonly fields: Readonly<Record<string, string>>;
  readonly role: string;
}

/** The tier that each tool needs. */
export interface ToolTiers {
  readonly tools: Readonly<Record<string, Capability>>;
  readonly otherwise: Capability | "deny";
}

const subjectKeys = ["tenant", "user", "agent", "session"] as const;

/** Reads the roles of one file into those of the policy. */
export function readRoles(source: Source, node: Node | null, roles: Map<string, Role>): void {
  for (const [name, { key, node: body }] of readMap(source, node, "roles", null) ?? []) {
    if (roles.has(name)) {
      report(source, key, `there is a role "${name}" already; give one another name`);
      continue;
    }
    const role = readMap(source, body, "a role", ["capability", "tools"]);
    if (role === null) continue;
    const [capability, tools] = [role.get("capability"), role.get("tools")];
    roles.set(name, {
      capability:
        capability === undefined ? null : readWord(source, capability.node, "capability", capabilities),
      tools: tools === undefined ? null : readPatterns(source, tools.node),
    });
  }
}

function readPatterns(source: Source, node: Node | null): readonly string[] {
  const patterns = new Set<string>();
  for (const item of readItems(source, node, "tools") ?? []) {
    const pattern = readText(source, item, "the name of a tool");
    if (pattern === null || !isPattern(source, item, pattern)) continue;
    if (patterns.has(pattern)) report(source, item, `"${pattern}" is there twice`);
    else patterns.add(pattern);
  }
  return [...patterns];
}

/** Reads who acts in which role. */
export function readSubjects(
  source: Source,
  node: Node | null,
  roles: readonly string[],
): readonly RoleAssignment[] {
  return (readItems(source, node, "subjects") ?? []).flatMap((item) => {
    const subject = readMap(source, item, "a subject", [...subjectKeys, "role"]);
    if (subject === null) return [];
    const role = readText(source, subject.get("role")?.node ?? item, "role");
    const fields: Record<string, string> = {};
    for (const key of subjectKeys) {
      const value = subject.has(key) ? readText(source, subject.get(key)?.node, key) : null;
      if (value !== null) fields[key] = value;
    }
    if (Object.keys(fields).length === 0) {
      report(source, item, `say whose role it is: by ${subjectKeys.join(", ")}`);
      return [];
    }
    if (role === null) return [];
    if (!roles.includes(role)) {
      const meant = nearestOf(role, roles);
      const hint = meant === null ? `known are ${listed(roles)}` : `did you mean ${meant}?`;
      report(source, subject.get("role")?.node, `there is no role "${role}"; ${hint}`);
      return [];
    }
    return [{ fields, role }];
  });
}

/** Reads which tier each tool needs; null when it makes no sense. */
export function readTiers(source: Source, node: Node | null): ToolTiers | null {
  const members = readMap(source, node, "capabilities", ["tools", "otherwise"]);
  if (members === null) return null;
  const tools: Record<string, Capability> = {};
  if (!members.has("tools"))
    report(source, node, "capabilities has no tools: say which tool needs which tier");
  for (const [name, { key, node: tier }] of members.has("tools")
    ? (readMap(source, members.get("tools")?.node, "tools", null) ?? [])
    : []) {
    const word = readWord(source, tier, `the tier of "${name}"`, capabilities);
    if (word !== null && isPattern(source, key, name)) tools[name] = word;
  }
  const otherwise = members.get("otherwise");
  const word =
    otherwise === undefined
      ? "deny"
      : readWord(source, otherwise.node, "otherwise", ["deny", ...capabilities]);
  return { tools, otherwise: word ?? "deny" };
}

function isPattern(source: Source, node: Node, pattern: string): boolean {
  try {
    checkPattern(pattern, "name");
    return true;
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    report(source, isScalar(node) ? node : null, error.message.slice("name: ".length));
    return false;
  }
}
