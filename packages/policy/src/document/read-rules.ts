import type { Environment } from "@marcbachmann/cel-js";
import { isScalar, type Node, type Scalar } from "yaml";
import { checkValues } from "../cel/check-values.ts";
import { type Expression, readExpression } from "../cel/expression.ts";
import { highestPriority, lowestPriority, type Rule } from "../rules/rule.ts";
import { plainOf, readItems, readMap, readNumber, readText, report } from "./read-nodes.ts";
import { readThen } from "./read-then.ts";
import type { Secrets } from "./secrets.ts";
import type { Place, Source } from "./source.ts";

const members = ["id", "priority", "when", "then", "reason"];
const idPattern = /^[A-Za-z0-9_.-]{1,64}$/;

/** What rules are read with. */
export interface RuleReader {
  readonly environment: Environment;
  readonly secrets: Secrets;
  /** The units of all budgets by id. */
  readonly units: ReadonlyMap<string, string>;
}

/** Reads the rules of one file; those that make no sense are reported and left out. */
export function readRules(source: Source, node: Node | null, reader: RuleReader): readonly Rule[] {
  return (readItems(source, node, "rules") ?? []).flatMap((item) => readRule(source, item, reader) ?? []);
}

function readRule(source: Source, item: Node, reader: RuleReader): Rule | null {
  const rule = readMap(source, item, "a rule", members);
  if (rule === null) return null;
  for (const name of ["id", "when", "then"]) {
    if (!rule.has(name)) report(source, item, `the rule has no ${name}`);
  }
  const id = rule.has("id") ? readId(source, rule.get("id")?.node) : null;
  const priority = rule.has("priority")
    ? readNumber(source, rule.get("priority")?.node, "priority", [lowestPriority, highestPriority])
    : 0;
  const when = rule.has("when") ? readWhen(source, rule.get("when")?.node, reader) : null;
  const then = rule.has("then") ? readThen(source, rule.get("then")?.node, reader.secrets) : null;
  const reason = rule.has("reason") ? readText(source, rule.get("reason")?.node, "reason") : "";
  if (then !== null && then.decision !== "allow" && !rule.has("reason")) {
    report(source, item, `the rule has no reason: say why it answers ${then.decision}`);
    return null;
  }
  if (id === null || priority === null || when === null || then === null || reason === null) return null;
  const place = source.place(rule.get("id")?.node);
  const whenNode = rule.get("when")?.node as Scalar;
  const whenAt = (offset: number): Place => source.placeIn(whenNode, offset);
  const written = plainOf(rule.get("then")?.node ?? null);
  return { id, priority, when, then, written, reason, place, whenAt };
}

function readId(source: Source, node: Node | null | undefined): string | null {
  const id = readText(source, node, "id");
  if (id === null || idPattern.test(id)) return id;
  report(source, node, 'an id is 1 to 64 letters, digits, "_", "." or "-", such as no-payments-at-night');
  return null;
}

function readWhen(source: Source, node: Node | null | undefined, reader: RuleReader): Expression | null {
  if (!isScalar(node) || (typeof node.value !== "string" && typeof node.value !== "boolean")) {
    report(source, node, 'when is an expression, such as action.kind == "tool"; true matches every action');
    return null;
  }
  const read = readExpression(String(node.value), reader.environment, [...reader.units.keys()]);
  const flaws = "flaws" in read ? read.flaws : checkValues(read.expression.ast, (id) => reader.units.get(id));
  for (const { offset, message } of flaws) {
    source.report(source.placeIn(node, offset).offset, message);
  }
  return "expression" in read && flaws.length === 0 ? read.expression : null;
}
