import { existsSync, readFileSync } from "node:fs";
import type { Action, ActionKind, Subject } from "@tollgate/core";
import { actionKinds, capabilities, parseAmount } from "@tollgate/core/policy";
import { isScalar, type Node } from "yaml";
import { InvalidPolicy } from "../document/problem.ts";
import { problemPlace } from "../document/problem-place.ts";
import {
  type Member,
  plainOf,
  readItems,
  readMap,
  readNumber,
  readText,
  readWord,
  report,
} from "../document/read-nodes.ts";
import { Source } from "../document/source.ts";
import { expectations, type PolicyCase } from "./policy-case.ts";

const caseMembers = ["name", "action", "subject", "run", "budgets", "time", "expect", "rule"];
const actionMembers = [
  "kind",
  "name",
  "provider",
  "params",
  "maxOutputTokens",
  "inputTokens",
  "amounts",
  "capability",
];
const subjectMembers = ["tenant", "user", "agent", "role", "session"];
const runMembers = ["steps", "calls", "repeats", "spent", "seconds"];

/**
 * Reads cases from a file by its path, or from a text: a list under `cases`, or one case alone.
 *
 * @throws InvalidPolicy with everything that is wrong, by file, line and column.
 */
export function readCases(pathOrText: string): readonly PolicyCase[] {
  const isFile = !pathOrText.includes("\n") && existsSync(pathOrText);
  const source = isFile
    ? new Source(pathOrText, readFileSync(pathOrText, "utf8"))
    : new Source("case", pathOrText);
  const top = readMap(source, source.root, "a file of cases", null);
  const cases =
    top?.has("cases") === true
      ? (readItems(
          source,
          readMap(source, source.root, "a file of cases", ["cases"])?.get("cases")?.node,
          "cases",
        ) ?? [])
      : [source.root as Node];
  const read = cases.map((node, index) => readCase(source, node, index));
  if (source.problems.length > 0) throw new InvalidPolicy(source.problems);
  return read.flatMap((each) => each ?? []);
}

function readCase(source: Source, node: Node, index: number): PolicyCase | null {
  const members = readMap(source, node, "a case", caseMembers);
  if (members === null) return null;
  const action = members.get("action");
  if (action === undefined) {
    report(source, node, "the case has no action: write action: { kind: tool, name: ... }");
    return null;
  }
  const [name, expect, rule] = [members.get("name"), members.get("expect"), members.get("rule")];
  const now = readNow(source, members.get("time"));
  const subject = members.get("subject");
  return {
    name: (name === undefined ? null : readText(source, name.node, "name")) ?? `case ${index + 1}`,
    file: source.file,
    line: problemPlace(source.place(node)).line,
    action: readAction(source, action.node, subject === undefined ? {} : readSubject(source, subject.node)),
    run: readRun(source, members.get("run"), now),
    now,
    budgets: readStands(source, members.get("budgets")),
    expect: expect === undefined ? null : readWord(source, expect.node, "expect", expectations),
    rule: rule === undefined ? null : readText(source, rule.node, "rule"),
  };
}

function readAction(source: Source, node: Node | null, subject: Subject): Action {
  const members = readMap(source, node, "action", actionMembers) ?? new Map<string, Member>();
  const kind = readWord(source, members.get("kind")?.node ?? node, "kind", actionKinds) as ActionKind;
  const name = readText(source, members.get("name")?.node ?? node, "the action's name") ?? "";
  const params = members.get("params");
  const capability = members.get("capability");
  const provider = members.get("provider");
  const amounts: Record<string, bigint> = {};
  for (const text of members.has("amounts")
    ? (readItems(source, members.get("amounts")?.node, 'amounts, such as ["$0.18"]') ?? [])
    : []) {
    const amount = readAmount(source, text);
    if (amount !== null) amounts[amount.unit] = amount.amount;
  }
  const counts: Record<string, number> = {};
  for (const count of ["maxOutputTokens", "inputTokens"]) {
    const member = members.get(count);
    const value =
      member === undefined ? null : readNumber(source, member.node, count, [0, Number.MAX_SAFE_INTEGER]);
    if (value !== null) counts[count] = value;
  }
  return {
    kind,
    name,
    subject,
    amounts,
    params: (params === undefined ? {} : plainOf(params.node)) as Action["params"],
    ...counts,
    ...(provider === undefined ? {} : { provider: readText(source, provider.node, "provider") ?? "" }),
    ...(capability === undefined
      ? {}
      : { capability: readWord(source, capability.node, "capability", capabilities) ?? "read_only" }),
  };
}

function readSubject(source: Source, node: Node | null): Subject {
  const subject: Record<string, string> = {};
  for (const [name, { node: value }] of readMap(source, node, "subject", [...subjectMembers, "capability"]) ??
    []) {
    const text =
      name === "capability" ? readWord(source, value, name, capabilities) : readText(source, value, name);
    if (text !== null) subject[name] = text;
  }
  return subject as Subject;
}

function readRun(source: Source, member: Member | undefined, now: number): PolicyCase["run"] {
  const members = member === undefined ? null : readMap(source, member.node, "run", runMembers);
  const count = (name: string, otherwise: number): number => {
    const found = members?.get(name);
    if (found === undefined) return otherwise;
    return readNumber(source, found.node, name, [0, Number.MAX_SAFE_INTEGER]) ?? otherwise;
  };
  const spent = members?.get("spent");
  const steps = count("steps", 1);
  return {
    id: "run",
    root: "run",
    steps,
    calls: count("calls", Math.max(0, steps - 1)),
    repeats: count("repeats", 1),
    spent: (spent === undefined ? null : readAmount(source, spent.node)?.amount) ?? 0n,
    startedAt: now - count("seconds", 0) * 1000,
  };
}

function readStands(source: Source, member: Member | undefined): PolicyCase["budgets"] {
  const stands = new Map<string, { unit: string; spent: bigint; held: bigint }>();
  if (member === undefined) return stands;
  for (const [id, { node }] of readMap(source, member.node, "budgets", null) ?? []) {
    const amounts = readMap(source, node, `budget ${id}`, ["spent", "held"]);
    const spent = amounts?.has("spent") ? readAmount(source, amounts.get("spent")?.node ?? null) : null;
    const held = amounts?.has("held") ? readAmount(source, amounts.get("held")?.node ?? null) : null;
    const unit = spent?.unit ?? held?.unit;
    if (unit !== undefined) stands.set(id, { unit, spent: spent?.amount ?? 0n, held: held?.amount ?? 0n });
  }
  return stands;
}

function readAmount(
  source: Source,
  node: Node | null,
): { readonly unit: string; readonly amount: bigint } | null {
  const text = isScalar(node) ? node.value : null;
  try {
    return parseAmount(String(text), "amount");
  } catch (error) {
    report(source, node, (error as Error).message);
    return null;
  }
}

/** Without a time it is noon in UTC of a Friday. */
function readNow(source: Source, member: Member | undefined): number {
  const text =
    member === undefined ? "2026-11-20T12:00:00Z" : isScalar(member.node) ? String(member.node.value) : "";
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at)) return at;
  report(source, member?.node, "time is such as 2026-11-20T22:30:00Z, or with +01:00 in place of Z");
  return 0;
}
