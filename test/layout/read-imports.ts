import type { CallExpression, Expression } from "oxc-parser";
import { parseSync, Visitor } from "oxc-parser";

/** One reference from a module to another. */
export interface ImportSite {
  /** As written; null when it is computed, so that nobody can tell where it leads. */
  readonly specifier: string | null;
  /** Whether it is gone at run time: `import type`, `export type`, or a type written `import("x").T`. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** What the layout rules need to know of a module's text. */
export interface ModuleText {
  readonly imports: readonly ImportSite[];
  /** The lines that hold an `export *`, named or not. */
  readonly exportStars: readonly number[];
  /** How many lines the text has. */
  readonly lines: number;
}

/**
 * Reads every way in which a TypeScript module can refer to another one: static, dynamic and type
 * imports, re-exports, `require` and `getBuiltinModule`.
 *
 * @throws Error when the text does not parse, so that no module is passed over in silence.
 */
export function readImports(path: string, text: string): ModuleText {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);

  const imports: ImportSite[] = [];
  const exportStars: number[] = [];
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  const add = (specifier: string | null, typeOnly: boolean, offset: number): void => {
    imports.push({ specifier, typeOnly, line: lineOf(offset) });
  };

  new Visitor({
    // `import { type T }` stays an import at run time (verbatimModuleSyntax); only `import type` does not.
    ImportDeclaration: (node) => add(node.source.value, node.importKind === "type", node.start),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node.source.value, node.exportKind === "type", node.start);
    },
    ExportAllDeclaration: (node) => {
      add(node.source.value, node.exportKind === "type", node.start);
      exportStars.push(lineOf(node.start));
    },
    ImportExpression: (node) => add(literalText(node.source), false, node.start),
    TSImportType: (node) => add(node.source.value, true, node.start),
    TSImportEqualsDeclaration: (node) => {
      if (node.moduleReference.type === "TSExternalModuleReference") {
        add(node.moduleReference.expression.value, node.importKind === "type", node.start);
      }
    },
    CallExpression: (node) => {
      if (loadsModule(node)) add(literalText(node.arguments[0]), false, node.start);
    },
  }).visit(program);

  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return { imports, exportStars, lines };
}

function loadsModule(call: CallExpression): boolean {
  const { callee } = call;
  if (callee.type === "Identifier") return callee.name === "require";
  return (
    callee.type === "MemberExpression" &&
    callee.property.type === "Identifier" &&
    callee.property.name === "getBuiltinModule"
  );
}

function literalText(node: Expression | CallExpression["arguments"][number] | undefined): string | null {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? null;
  }
  return null;
}
