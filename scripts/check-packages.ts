// Packs every public package as it would be published and checks the tarballs; needs `npm run build` first.
//
//   node scripts/check-packages.ts publint | types | install
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { tryInstalled } from "./installed-packages.ts";
import { publicPackages, root } from "./public-packages.ts";

const [step = ""] = process.argv.slice(2);
const steps: Readonly<Record<string, (tarballs: readonly string[]) => boolean>> = {
  /** Fields and files of the manifest agree. */
  publint: (tarballs) =>
    tarballs.map((tarball) => runTool("publint/src/cli.js", ["--strict", tarball])).every(Boolean),
  /** Types are found as TypeScript and bundlers look for them; the packages are ESM only. */
  types: (tarballs) =>
    tarballs
      .map((tarball) =>
        runTool("@arethetypeswrong/cli/dist/index.js", [
          "--profile",
          "esm-only",
          "--format",
          "table-flipped",
          tarball,
        ]),
      )
      .every(Boolean),
  /** They install outside of the workspace, import, type-check and decide. */
  install: tryInstalled,
};

const run = steps[step];
if (run === undefined) {
  console.error(`check-packages: the steps are ${Object.keys(steps).join(", ")}`);
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-pack-"));
  try {
    for (const { folder: from } of publicPackages()) {
      // Without this a package that was never built would pass for one that has no types.
      if (!existsSync(join(root, from, "dist"))) throw new Error(`${from} is not built (npm run build)`);
      const pnpm = join(root, "node_modules/.bin/pnpm");
      const packed = spawnSync(pnpm, ["pack", "--silent", "--pack-destination", folder], {
        cwd: join(root, from),
        encoding: "utf8",
      });
      if (packed.status !== 0) throw new Error(`cannot pack ${from}\n${packed.stdout}${packed.stderr}`);
    }
    const tarballs = readdirSync(folder).sort();
    process.exitCode = run(tarballs.map((name) => join(folder, name))) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runTool(script: string, args: readonly string[]): boolean {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules", script), ...args],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${basename(args.at(-1) ?? "")}`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status === 0;
}
