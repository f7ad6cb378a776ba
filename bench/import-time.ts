import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { type Result, Samples } from "./samples.ts";

const processes = 9;

/** Times `import "@tollgate/core"` with all its dependencies, each time in a fresh process. */
export async function measureImport(): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    const input = fileURLToPath(import.meta.resolve("@tollgate/core"));
    // As it is published, one module for each source file: stripping types would be part of the time.
    const bundle = await rolldown({
      input,
      platform: "node",
      external: /^[^./#\0]/,
      resolve: { conditionNames: ["tollgate-source", "node", "import", "default"] },
    });
    await bundle.write({ dir: folder, preserveModules: true, entryFileNames: "[name].mjs" });
    await bundle.close();
    symlinkSync(join(dirname(dirname(input)), "node_modules"), join(folder, "node_modules"), "junction");
    const script = join(folder, "time.mjs");
    writeFileSync(
      script,
      `const start = performance.now();
      const core = await import("./index.mjs");
      if (typeof core.createGate !== "function") throw new Error("this is not the root module");
      console.log(performance.now() - start);`,
    );
    const samples = new Samples("core_import", processes);
    for (let count = 0; count < processes; count++) {
      samples.add(Number(execFileSync(process.execPath, [script], { encoding: "utf8" })));
    }
    return samples.result();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
