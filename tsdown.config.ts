import type { UserConfig } from "tsdown";
import { publicPackages } from "./scripts/public-packages.ts";

/**
 * Builds every public package: what its manifest exports or imports under the `tollgate-source` condition
 * is an entry, and so is what its commands run; `dist` mirrors `src`.
 */
const config: readonly UserConfig[] = publicPackages().map(({ folder, manifest }) => ({
  cwd: folder,
  name: manifest.name,
  entry: [
    ...new Set([
      ...sources(manifest.exports),
      ...sources(manifest.imports),
      ...Object.values(manifest.bin ?? {}).map((path) =>
        path.replace("/dist/", "/src/").replace(/js$/, "ts"),
      ),
    ]),
  ],
  format: "esm",
  platform: "neutral",
  target: "es2023",
  tsconfig: "../../tsconfig.json",
  dts: true,
  unbundle: true,
  root: "src",
  // The package's own `imports` map chooses at run time between Node and everything else.
  deps: { neverBundle: [/^#/, /^node:/] },
  failOnWarn: true,
  logLevel: "warn",
}));

export default config;

/** The source files under the `tollgate-source` conditions of a manifest's field. */
function sources(field: unknown, inside = false): readonly string[] {
  if (typeof field === "string") return inside ? [field] : [];
  if (typeof field !== "object" || field === null) return [];
  return Object.entries(field).flatMap(([key, value]) => sources(value, inside || key === "tollgate-source"));
}
