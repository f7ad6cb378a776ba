import type { ASTNode } from "@marcbachmann/cel-js";
import { nearestName } from "@tollgate/core/policy";
import { dollarsOf } from "./dollars.ts";
import { type Flaw, unknownName } from "./flaw.ts";
import { listed, nearestOf } from "./known-names.ts";
import { Pattern } from "./pattern.ts";
import { PatternFlaw } from "./read-pattern.ts";
import { budgetFields, functions, macros, methods, variableNames, variables } from "./vocabulary.ts";

/** What the names of an expression lead to. */
export interface Names {
  readonly flaws: readonly Flaw[];
  /** The budgets that it looks at. */
  readonly budgets: ReadonlySet<string>;
  /** Whether it looks at `params`. */
  readonly usesParams: boolean;
}

/** Finds all names of an expression that lead nowhere, and everything that CEL has and policies have not. */
export function checkNames(ast: ASTNode, budgetIds: readonly string[]): Names {
  const walk = new Walk(budgetIds);
  walk.visit(ast, []);
  return walk;
}

class Walk implements Names {
  readonly flaws: Flaw[] = [];
  readonly budgets = new Set<string>();
  usesParams = false;
  readonly #budgetIds: readonly string[];

  constructor(budgetIds: readonly string[]) {
    this.#budgetIds = budgetIds;
  }

  visit(node: ASTNode, locals: readonly string[]): void {
    switch (node.op) {
      case "value":
        if (typeof node.args === "object" && node.args !== null) {
          this.#flaw(node, "bytes and unsigned numbers are not used in policies; write a text or a number");
        }
        return;
      case "id": {
        this.#name(node, node.args, locals);
        return;
      }
      case ".": {
        this.#field(node, node.args[0], node.args[1], locals);
        return;
      }
      case "[]": {
        this.#item(node.args[0], node.args[1], locals);
        return;
      }
      case "call": {
        this.#call(node, node.args[0], node.args[1], locals);
        return;
      }
      case "rcall": {
        this.#method(node, node.args, locals);
        return;
      }
      case "map":
      case ".?":
      case "[?]": {
        this.#flaw(node, "maps and optional access are not used in policies; test with has() instead");
        return;
      }
      case "list":
      case "?:":
        for (const part of node.args) this.visit(part, locals);
        return;
      case "!_":
      case "-_": {
        this.visit(node.args, locals);
        return;
      }
      default:
        for (const part of node.args) this.visit(part, locals);
    }
  }

  #name(node: ASTNode, name: string, locals: readonly string[]): void {
    if (name === "params") this.usesParams = true;
    if (locals.includes(name) || name === "params") return;
    const known = [...variableNames, ...locals];
    if (variableNames.includes(name)) {
      const example = name === "budget" ? 'budget["id"].ratio' : `${name}.${firstField(name)}`;
      this.#flaw(node, `${name} is no value by itself; name a field of it, such as ${example}`);
      return;
    }
    this.#flaw(node, unknownName(`"${name}"`, nearestName(name, known), known));
  }

  #field(node: ASTNode, of: ASTNode, field: string, locals: readonly string[]): void {
    const at = node.range.end - field.length;
    const id = budgetOf(of, locals);
    if (id !== null) {
      this.#budget(of, id);
      this.#known(at, `budget["${id}"]`, field, Object.keys(budgetFields));
      return;
    }
    if (of.op === "id" && !locals.includes(of.args)) {
      if (of.args === "budget") {
        this.#flaw(node, `write budget["${field}"] and a field of it, such as budget["${field}"].ratio`);
        return;
      }
      const fields = Object.hasOwn(variables, of.args) ? variables[of.args as keyof typeof variables] : null;
      if (fields !== null) {
        this.#known(at, of.args, field, Object.keys(fields));
        return;
      }
    }
    this.visit(of, locals);
  }

  #known(offset: number, owner: string, field: string, fields: readonly string[]): void {
    if (fields.includes(field)) return;
    const meant = nearestName(field, fields);
    const message = unknownName(`${owner}.${field}`, meant === null ? null : `${owner}.${meant}`, fields);
    this.flaws.push({ offset, message });
  }

  #item(of: ASTNode, key: ASTNode, locals: readonly string[]): void {
    if (of.op === "id" && of.args === "budget" && !locals.includes("budget")) {
      this.#flaw(of, 'write the id of a budget as text and name a field, such as budget["daily"].ratio');
      return;
    }
    this.visit(of, locals);
    this.visit(key, locals);
  }

  #budget(node: ASTNode, id: string): void {
    this.budgets.add(id);
    if (this.#budgetIds.includes(id)) return;
    const meant = nearestOf(id, this.#budgetIds);
    const known = [listed(this.#budgetIds)];
    this.#flaw(node, unknownName(`budget "${id}"`, meant === null ? null : `"${meant}"`, known));
  }

  #call(node: ASTNode, name: string, args: readonly ASTNode[], locals: readonly string[]): void {
    if (!functions.includes(name)) {
      this.#flaw(node, unknownName(`function ${name}()`, withCall(nearestName(name, functions)), functions));
      return;
    }
    if (name === "usd") {
      const [amount] = args;
      const read = amount?.op === "value" && typeof amount.args === "string" ? dollarsOf(amount.args) : null;
      if (read === null) this.#flaw(amount ?? node, 'usd() takes dollars as text, such as usd("$5.00")');
    }
    const [member] = args;
    if (name === "has" && (member?.op !== "." || budgetOf(member.args[0], locals) !== null)) {
      this.#flaw(node, "has() asks for a member that can be missing, such as has(params.amount)");
    }
    for (const arg of args) this.visit(arg, locals);
  }

  #method(
    node: ASTNode,
    [name, of, args]: readonly [string, ASTNode, readonly ASTNode[]],
    locals: readonly string[],
  ): void {
    this.visit(of, locals);
    if (macros.includes(name)) {
      const [variable, body] = args;
      if (args.length !== 2 || variable?.op !== "id" || body === undefined) {
        this.#flaw(node, `write ${name}() with a name and what is asked of it, such as ${name}(x, x > 0)`);
        return;
      }
      if (variableNames.includes(variable.args) || locals.includes(variable.args)) {
        this.#flaw(variable, `"${variable.args}" is taken already; use another name`);
        return;
      }
      this.visit(body, [...locals, variable.args]);
      return;
    }
    const known = [...methods, ...macros];
    if (!known.includes(name)) {
      this.#flaw(node, unknownName(`method ${name}()`, withCall(nearestName(name, known)), known));
      return;
    }
    if (name === "matches") this.#pattern(node, args[0]);
    for (const arg of args) this.visit(arg, locals);
  }

  /** A pattern stands in the policy, so that nobody else can choose one. */
  #pattern(node: ASTNode, pattern: ASTNode | undefined): void {
    if (pattern?.op !== "value" || typeof pattern.args !== "string") {
      this.#flaw(pattern ?? node, 'matches() takes its pattern as text, such as matches("^INV-\\\\d+$")');
      return;
    }
    try {
      new Pattern(pattern.args);
    } catch (error) {
      if (!(error instanceof PatternFlaw)) throw error;
      this.#flaw(pattern, `the pattern makes no sense at character ${error.offset + 1}: ${error.message}`);
    }
  }

  #flaw(node: ASTNode, message: string): void {
    this.flaws.push({ offset: node.range.start, message });
  }
}

/** The id in `budget["id"]`, or null for anything else. */
export function budgetOf(node: ASTNode, locals: readonly string[]): string | null {
  if (node.op !== "[]" || locals.includes("budget")) return null;
  const [of, key] = node.args;
  if (of.op !== "id" || of.args !== "budget" || key.op !== "value") return null;
  return typeof key.args === "string" ? key.args : null;
}

function firstField(name: string): string {
  return Object.keys(variables[name as keyof typeof variables] ?? {})[0] ?? "";
}

function withCall(name: string | null): string | null {
  return name === null ? null : `${name}()`;
}
