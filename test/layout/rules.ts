import { mayImport, roomOf } from "./core-rooms.ts";
import type { Edge, Files, ImportGraph, Target } from "./import-graph.ts";
import { folderOf, isTest } from "./import-graph.ts";
import { companionsOf, mayUseFramework, nodeOnly } from "./package-rules.ts";
import { findCycles, pathTo } from "./reach.ts";

/** A place where the code is not laid out as designed. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

/** A finding with the name of the rule that it breaks. */
export interface Violation extends Finding {
  readonly rule: string;
}

type Rule = (graph: ImportGraph, files: Files) => readonly Finding[];

const longest = 300;
const vague = /(^|\/)(utils?|helpers?|types?|commons?|misc|shared)(\/|\.[^/]*$)/;

/** Every rule of the house, by name. */
export const rules: Readonly<Record<string, Rule>> = {
  /** An import that leads nowhere would hide all that lies behind it. */
  resolves: eachEdge((edge, target) =>
    target.kind === "unresolved" && !(edge.site.specifier === null && nodeOnly.has(folderOf(edge.from)))
      ? "leads to no file of the workspace"
      : null,
  ),

  "room order": (graph) => [
    ...[...graph.modules.keys()].flatMap((path) =>
      inCore(path) && roomOf(path) === null ? [{ path, message: "stands in none of core's rooms" }] : [],
    ),
    ...eachEdge((edge, target) => {
      if (isTest(edge.from) || !inCore(edge.from) || target.kind !== "file" || !inCore(target.path))
        return null;
      const [from, to] = [roomOf(edge.from), roomOf(target.path)];
      if (from === null || to === null || mayImport(from, to)) return null;
      return `${from} must not import ${to}`;
    })(graph),
  ],

  "verify without the signer": (graph) =>
    [...graph.modules.keys()]
      .filter((path) => !isTest(path) && /^packages\/core\/src\/(receipt\/)?verify[^/]*\.ts$/.test(path))
      .flatMap((path) => {
        const found = pathTo(graph, path, /\/receipt\/local-signer[^/]*\.ts$/);
        return found ? [{ path, message: `reaches the signer: ${found.join(" -> ")}` }] : [];
      }),

  "tests apart": eachEdge((edge, target) =>
    !isTest(edge.from) && target.kind === "file" && isTest(target.path)
      ? "shipped code imports a test"
      : null,
  ),

  "packages apart": eachEdge((edge, target) => {
    const folder = folderOf(edge.from);
    if (target.kind === "file" && folderOf(target.path) !== folder) return "leaves its own package";
    if (isTest(edge.from) || target.kind !== "workspace") return null;
    return companionsOf(folder).includes(target.package)
      ? null
      : `${folder} must not import ${target.package}`;
  }),

  "one framework each": eachEdge((edge, target) =>
    target.kind === "external" && !mayUseFramework(folderOf(edge.from), target.package)
      ? `${target.package} is another package's framework`
      : null,
  ),

  "declared dependencies": (graph) =>
    eachEdge((edge, target) => {
      if (isTest(edge.from) || (target.kind !== "external" && target.kind !== "workspace")) return null;
      const manifest = graph.manifests.get(folderOf(edge.from));
      const declared = { ...manifest?.dependencies, ...manifest?.peerDependencies };
      return target.package in declared || target.package === manifest?.name
        ? null
        : `${target.package} is neither a dependency nor a peer of ${manifest?.name}`;
    })(graph),

  "node built-ins": eachEdge((edge, target) => {
    if (isTest(edge.from) || runsInNodeOnly(edge.from)) return null;
    if (target.kind === "builtin") return "only *.node.ts files and core's node room use Node's built-ins";
    // A `#` import chooses by condition: it is the door between the two worlds.
    const door = edge.site.specifier?.startsWith("#");
    const file = target.kind === "file" || target.kind === "workspace" ? target.path : "";
    return !door && runsInNodeOnly(file) ? `${file} runs in Node only` : null;
  }),

  "no cycles": (graph) =>
    findCycles(graph).map((cycle) => ({
      path: cycle[0] ?? "",
      message: `imports itself: ${cycle.join(" -> ")}`,
    })),

  "no export *": (graph) =>
    [...graph.modules].flatMap(([path, module]) =>
      module.exportStars.map((line) => ({
        path,
        message: `line ${line}: name what is exported`,
      })),
    ),

  "short files": (_graph, files) =>
    [...files].flatMap(([path, text]) => {
      const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
      return path.endsWith(".json") || lines <= longest
        ? []
        : [{ path, message: `has ${lines} lines; over ${longest} wants to be two files` }];
    }),

  "telling names": (_graph, files) =>
    [...files.keys()].flatMap((path) =>
      vague.test(path) ? [{ path, message: "name the file for its one concept" }] : [],
    ),
};

function inCore(path: string): boolean {
  return path.startsWith("packages/core/src/");
}

function runsInNodeOnly(path: string): boolean {
  return (
    path.endsWith(".node.ts") || path.startsWith("packages/core/src/node/") || nodeOnly.has(folderOf(path))
  );
}

/** A rule over single imports: `judge` answers what is wrong, or null. */
function eachEdge(judge: (edge: Edge, target: Target) => string | null): (graph: ImportGraph) => Finding[] {
  return (graph) =>
    graph.edges.flatMap((edge) =>
      edge.targets.flatMap((target) => {
        const message = judge(edge, target);
        if (message === null) return [];
        const { specifier, line } = edge.site;
        return [{ path: edge.from, message: `line ${line}, "${specifier}": ${message}` }];
      }),
    );
}

/** Judges the files by every rule. */
export function findViolations(graph: ImportGraph, files: Files): readonly Violation[] {
  return Object.entries(rules).flatMap(([rule, judge]) =>
    judge(graph, files).map((finding) => ({ rule, ...finding })),
  );
}
