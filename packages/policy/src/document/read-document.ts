import { type GateOptions, InvalidConfig } from "@tollgate/core";
import { readTimeZone } from "@tollgate/core/policy";
import type { Node } from "yaml";
import { createEnvironment } from "../cel/vocabulary.ts";
import { checkRules } from "../rules/check-rules.ts";
import { byPriority, type Rule } from "../rules/rule.ts";
import { SubjectRoles } from "../rules/subject-role.ts";
import { findFiles, type Looked, type Origin } from "./find-files.ts";
import { InvalidPolicy } from "./problem.ts";
import { type PolicyBudget, readBudgets } from "./read-budgets.ts";
import { type Members, readMap, readText, readWord, report } from "./read-nodes.ts";
import { PolicyPrices } from "./read-prices.ts";
import {
  type Role,
  type RoleAssignment,
  readRoles,
  readSubjects,
  readTiers,
  type ToolTiers,
} from "./read-roles.ts";
import { readRules } from "./read-rules.ts";
import { type Environment, Secrets } from "./secrets.ts";
import type { Source } from "./source.ts";

/** A whole policy as checked: of all its files. */
export interface PolicyDocument {
  /** The absolute paths of all files that it was read from. */
  readonly files: readonly string[];
  readonly timeZone: string;
  /** What happens to an action that no rule matches. */
  readonly otherwise: "allow" | "deny";
  readonly roles: ReadonlyMap<string, Role>;
  readonly subjects: readonly RoleAssignment[];
  readonly subjectRoles: SubjectRoles;
  readonly tiers: ToolTiers | null;
  readonly budgets: readonly PolicyBudget[];
  readonly prices: NonNullable<GateOptions["prices"]> | null;
  readonly unpriced: "deny" | "allow" | null;
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[];
}

const members = [
  "version",
  "include",
  "timeZone",
  "otherwise",
  "roles",
  "subjects",
  "capabilities",
  "budgets",
  "prices",
  "rules",
];

/**
 * Reads a policy from its files, and notes in `looked` what stood in them.
 *
 * @throws InvalidPolicy telling everything that is wrong at once.
 */
export function readDocument(origin: Origin, environment: Environment, looked: Looked): PolicyDocument {
  const { sources, paths } = findFiles(origin, looked);
  const parts = sources.flatMap((source): Part[] => {
    const found = source.root === null ? null : readMap(source, source.root, "a policy", members);
    if (source.root === null) source.report(0, "it is empty; begin with version: 1");
    if (found !== null) checkVersion(source, found);
    return found === null ? [] : [{ source, found }];
  });
  const secrets = new Secrets(environment);
  const roles = new Map<string, Role>();
  each(parts, "roles", (source, node) => readRoles(source, node, roles));
  const subjects = each(parts, "subjects", (source, node) =>
    readSubjects(source, node, [...roles.keys()]),
  ).flat();
  const tiers = once(parts, "capabilities", readTiers);
  const budgets = each(parts, "budgets", (source, node) => readBudgets(source, node, secrets)).flat();
  checkTwice(
    budgets,
    ({ budget }) => budget.id,
    ({ source, node }) => source.place(node),
    "budget",
  );
  const prices = new PolicyPrices();
  each(parts, "prices", (source, node) => prices.read(source, node));
  const units = new Map(budgets.map(({ budget }) => [budget.id, budget.unit]));
  const reader = { environment: createEnvironment(), secrets, units };
  const rules = each(parts, "rules", (source, node) => readRules(source, node, reader)).flat();
  checkTwice(
    rules,
    ({ id }) => id,
    ({ place }) => place,
    "rule",
  );
  const timeZone = once(parts, "timeZone", readZone) ?? "UTC";
  const otherwise =
    once(parts, "otherwise", (source, node) =>
      readWord(source, node, "otherwise", ["allow", "deny"] as const),
    ) ?? "allow";
  for (const { source } of parts) secrets.checkRest(source);
  checkRules(rules);
  const problems = sources.flatMap((source) =>
    source.problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  );
  if (problems.length > 0) throw new InvalidPolicy(problems);
  return {
    files: paths,
    timeZone,
    otherwise,
    roles,
    subjects,
    subjectRoles: new SubjectRoles(subjects),
    tiers,
    // In the gate's order of budgets the last one wins where two degrade the same: let it be the first id.
    budgets: budgets.toSorted((a, b) => (a.budget.id < b.budget.id ? 1 : -1)),
    prices: prices.table() as PolicyDocument["prices"],
    unpriced: prices.unknown,
    rules: rules.toSorted(byPriority),
  };
}

/** One file and its members. */
interface Part {
  readonly source: Source;
  readonly found: Members;
}

function checkVersion(source: Source, found: Members): void {
  const version = found.get("version");
  if (version === undefined) source.report(0, "it has no version; begin with version: 1");
  else if ((version.node as { value?: unknown } | null)?.value !== 1) {
    report(source, version.node, "this version is not known; write version: 1");
  }
}

function each<Read>(
  parts: readonly Part[],
  name: string,
  read: (source: Source, node: Node | null) => Read,
): Read[] {
  return parts.flatMap(({ source, found }) => {
    const member = found.get(name);
    return member === undefined ? [] : [read(source, member.node)];
  });
}

/** Reads what only one file may say. */
function once<Read>(
  parts: readonly Part[],
  name: string,
  read: (source: Source, node: Node | null) => Read,
): Read | null {
  const [first, ...others] = parts.filter(({ found }) => found.has(name));
  for (const { source, found } of others) {
    report(source, found.get(name)?.key, `${first?.source.file} says ${name} already; say it in one place`);
  }
  return first === undefined ? null : read(first.source, first.found.get(name)?.node ?? null);
}

function checkTwice<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  placeOf: (item: Item) => { readonly source: Source; readonly offset: number },
  what: string,
): void {
  const ids = new Set<string>();
  for (const item of items) {
    const id = idOf(item);
    const { source, offset } = placeOf(item);
    if (ids.has(id)) source.report(offset, `there is a ${what} "${id}" already; give one another id`);
    ids.add(id);
  }
}

function readZone(source: Source, node: Node | null): string | null {
  const zone = readText(source, node, "timeZone");
  if (zone === null) return null;
  try {
    return readTimeZone(zone, "timeZone");
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    report(source, node, error.message);
    return null;
  }
}
