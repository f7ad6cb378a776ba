import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { ImportSite, ModuleText } from "./read-imports.ts";
import { readImports } from "./read-imports.ts";

/** Texts by path, relative to the workspace's root, with forward slashes. */
export type Files = ReadonlyMap<string, string>;

/** Where an import leads. */
export type Target =
  | { readonly kind: "file"; readonly path: string }
  /** A file of another workspace package, by its public name. */
  | { readonly kind: "workspace"; readonly path: string; readonly package: string }
  | { readonly kind: "builtin"; readonly name: string }
  /** A package of the registry. */
  | { readonly kind: "external"; readonly package: string }
  | { readonly kind: "unresolved" };

/** One import with where it leads; a `#` import leads to one file for each of its conditions. */
export interface Edge {
  readonly from: string;
  readonly site: ImportSite;
  readonly targets: readonly Target[];
}

/** The manifest fields that imports are resolved by. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly imports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Every module under `src` and `test` of the packages, and every import in it. */
export interface ImportGraph {
  readonly modules: ReadonlyMap<string, ModuleText>;
  readonly edges: readonly Edge[];
  /** Manifests by folder, such as `packages/core`. */
  readonly manifests: ReadonlyMap<string, Manifest>;
}

const packageFolder = /^packages\/[^/]+/;
const sourceFile = /^packages\/[^/]+\/(src|test)\/.+\.[mc]?tsx?$/;

/** The folder of the package that a file belongs to, such as `packages/core`. */
export function folderOf(path: string): string {
  return packageFolder.exec(path)?.[0] ?? "";
}

/** Whether a module is a test or serves tests only: those may reach what shipped code may not. */
export function isTest(path: string): boolean {
  return /\.test(-d)?\.ts$|^packages\/[^/]+\/test\//.test(path);
}

/** Builds the import graph of the packages' modules. */
export function buildGraph(files: Files): ImportGraph {
  const manifests = new Map<string, Manifest>();
  const modules = new Map<string, ModuleText>();
  for (const [path, text] of files) {
    if (/^packages\/[^/]+\/package\.json$/.test(path)) manifests.set(folderOf(path), JSON.parse(text));
    if (sourceFile.test(path)) modules.set(path, readImports(path, text));
  }
  const edges = [...modules].flatMap(([from, module]) =>
    module.imports.map((site) => ({
      from,
      site,
      targets: resolve(from, site.specifier, modules, manifests),
    })),
  );
  return { modules, edges, manifests };
}

function resolve(
  from: string,
  specifier: string | null,
  modules: ReadonlyMap<string, ModuleText>,
  manifests: ReadonlyMap<string, Manifest>,
): readonly Target[] {
  if (specifier === null) return [{ kind: "unresolved" }];
  const folder = folderOf(from);
  const file = (path: string): Target =>
    modules.has(path) || path === `${folder}/package.json` ? { kind: "file", path } : { kind: "unresolved" };

  if (specifier.startsWith(".")) return [file(posix.join(posix.dirname(from), specifier))];
  if (specifier.startsWith("#")) {
    const paths = sourcePaths(manifests.get(folder)?.imports?.[specifier]);
    return paths.length === 0
      ? [{ kind: "unresolved" }]
      : paths.map((path) => file(posix.join(folder, path)));
  }
  if (isBuiltin(specifier)) return [{ kind: "builtin", name: specifier }];

  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  for (const [owner, manifest] of manifests) {
    if (manifest.name !== name) continue;
    const paths = sourcePaths(manifest.exports?.[`.${specifier.slice(name.length)}`]).map((path) =>
      posix.join(owner, path),
    );
    if (paths.length === 0 || paths.some((path) => !modules.has(path))) return [{ kind: "unresolved" }];
    return paths.map((path) => ({ kind: "workspace", path, package: name }));
  }
  return [{ kind: "external", package: name }];
}

/** The paths of an `exports` or `imports` entry: plain, or under the `tollgate-source` condition. */
function sourcePaths(entry: unknown): readonly string[] {
  if (typeof entry === "string") return [entry];
  if (typeof entry !== "object" || entry === null || !("tollgate-source" in entry)) return [];
  const leaves = (value: unknown): readonly string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
  };
  return leaves(entry["tollgate-source"]);
}
