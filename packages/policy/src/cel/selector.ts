import type { ASTNode } from "@marcbachmann/cel-js";
import { literalOf } from "./condition.ts";

/** Names as they are, or by how they begin. */
export interface NameSet {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: ReadonlySet<string>;
}

/**
 * Which actions a condition can be true of: for all others it is false without being asked, whatever else it says.
 * Null means all.
 */
export interface Selector {
  readonly kinds: ReadonlySet<string> | null;
  readonly names: NameSet | null;
}

const all: Selector = { kinds: null, names: null };

/** Reads from a condition which kinds and names of actions it is about. */
export function selectorOf(node: ASTNode): Selector {
  switch (node.op) {
    case "&&":
      return both(selectorOf(node.args[0]), selectorOf(node.args[1]));
    case "||":
      return either(selectorOf(node.args[0]), selectorOf(node.args[1]));
    case "==": {
      const [left, right] = node.args;
      return texts(left, [right]) ?? texts(right, [left]) ?? all;
    }
    case "in": {
      const [left, list] = node.args;
      return (list.op === "list" ? texts(left, list.args) : null) ?? all;
    }
    case "rcall": {
      const [method, of, [prefix]] = node.args;
      const text = prefix === undefined ? null : literalOf(prefix);
      if (method !== "startsWith" || typeof text !== "string" || memberOf(of) !== "name") return all;
      return { kinds: null, names: { exact: new Set(), prefixes: new Set([text]) } };
    }
    default:
      return all;
  }
}

function texts(of: ASTNode, nodes: readonly ASTNode[]): Selector | null {
  const member = memberOf(of);
  const values = nodes.map(literalOf);
  if (member === null || !values.every((value) => typeof value === "string")) return null;
  const set = new Set(values as string[]);
  return member === "kind"
    ? { kinds: set, names: null }
    : { kinds: null, names: { exact: set, prefixes: new Set() } };
}

function memberOf(node: ASTNode): "kind" | "name" | null {
  if (node.op !== "." || node.args[0].op !== "id" || node.args[0].args !== "action") return null;
  const name = node.args[1];
  return name === "kind" || name === "name" ? name : null;
}

/** What both select; where that is not easily said, what one of them does. */
function both(first: Selector, second: Selector): Selector {
  const kinds =
    first.kinds === null || second.kinds === null
      ? (first.kinds ?? second.kinds)
      : new Set([...first.kinds].filter((kind) => second.kinds?.has(kind)));
  return { kinds, names: first.names ?? second.names };
}

function either(first: Selector, second: Selector): Selector {
  return {
    kinds: first.kinds === null || second.kinds === null ? null : new Set([...first.kinds, ...second.kinds]),
    names:
      first.names === null || second.names === null
        ? null
        : {
            exact: new Set([...first.names.exact, ...second.names.exact]),
            prefixes: new Set([...first.names.prefixes, ...second.names.prefixes]),
          },
  };
}
