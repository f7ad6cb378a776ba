import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The workspace's root folder. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** The manifest fields that the scripts look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly imports?: Readonly<Record<string, unknown>>;
  /** The files of its commands, by name, such as `./dist/main.js`. */
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: {
    readonly access?: string;
    readonly exports?: unknown;
    readonly imports?: unknown;
  };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
  /** The lowest versions that an adapter is tested with; see check-lowest.ts. */
  readonly tollgate?: { readonly lowest?: Readonly<Record<string, string>> };
}

/** A package that gets published. */
export interface PublicPackage {
  /** Its folder, relative to the root, such as `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every package of the workspace that gets published, by name. */
export function publicPackages(): readonly PublicPackage[] {
  return globSync("packages/*/package.json", { cwd: root })
    .sort()
    .map((path) => ({
      folder: dirname(path),
      manifest: JSON.parse(readFileSync(`${root}/${path}`, "utf8")) as Manifest,
    }))
    .filter(({ manifest }) => manifest.private !== true);
}
