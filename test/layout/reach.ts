import type { ImportGraph } from "./import-graph.ts";
import { isTest } from "./import-graph.ts";

/** The shortest way over imports of any kind from a module to one that `wanted` matches; null if none. */
export function pathTo(graph: ImportGraph, start: string, wanted: RegExp): readonly string[] | null {
  const next = successors(graph, true);
  const cameFrom = new Map<string, string | null>([[start, null]]);
  for (const path of cameFrom.keys()) {
    if (wanted.test(path)) {
      const way = [path];
      for (let at = cameFrom.get(path); at != null; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const target of next.get(path) ?? []) if (!cameFrom.has(target)) cameFrom.set(target, path);
  }
  return null;
}

/** One circle of run-time imports for each module that closes one. */
export function findCycles(graph: ImportGraph): readonly (readonly string[])[] {
  const next = successors(graph, false);
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push([...way.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of next.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.modules.keys()) visit(path, []);
  return cycles;
}

function successors(graph: ImportGraph, types: boolean): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>();
  for (const { from, site, targets } of graph.edges) {
    if (isTest(from) || (site.typeOnly && !types)) continue;
    for (const target of targets) {
      if (target.kind !== "file" && target.kind !== "workspace") continue;
      next.set(from, [...(next.get(from) ?? []), target.path]);
    }
  }
  return next;
}
