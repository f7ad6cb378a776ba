// Runs the commands that a page of the documentation shows, and compares or writes what they print.
//
//   node --conditions=tollgate-source packages/cli/test/console-blocks.ts --write
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleKey, samplePath } from "./sample.ts";
import { sampleStore } from "./sample-store.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** The pages whose `console` blocks are what the commands print. */
export const pages: readonly string[] = ["docs/reference/cli.md", "packages/cli/README.md"];

/** A page as it is. */
export function readPage(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** How many commands a page shows. */
export function countCommands(text: string): number {
  return [...text.matchAll(block)].flatMap(([, , body = ""]) => body.match(/^\$ /gm) ?? []).length;
}

const block = /^(```console\n)(.*?)(^```$)/gms;

/**
 * The page with what its commands print now.
 *
 * Each block's lines that start with `$ ` are run, one after the other in one folder for the whole page, where
 * the sample log is `receipts.jsonl`, its key `signer.pub.jwk`, the sample store `tollgate.db`, and a policy and its
 * cases are `finance-bot.yaml` and `cases.yaml`; what they print on
 * both outputs follows each.
 */
export async function withOutputs(text: string): Promise<string> {
  using store = await sampleStore();
  const { folder } = store;
  copyFileSync(samplePath, join(folder.path, "receipts.jsonl"));
  copyFileSync(sampleKey, join(folder.path, "signer.pub.jwk"));
  for (const name of ["finance-bot.yaml", "cases.yaml"]) {
    copyFileSync(join(root, "examples/policies", name), join(folder.path, name));
  }
  return text.replace(block, (_, open: string, body: string, close: string) => {
    const commands = body.split("\n").filter((line) => line.startsWith("$ "));
    return `${open}${commands.map((command) => `${command}\n${run(command.slice(2), folder.path)}`).join("")}${close}`;
  });
}

function run(command: string, cwd: string): string {
  const tollgate = `tollgate() { "${process.execPath}" --conditions=tollgate-source "${main}" "$@"; }`;
  const { stdout } = spawnSync("bash", ["-c", `${tollgate}\n{ ${command}\n} 2>&1`], {
    cwd,
    env: { PATH: process.env.PATH ?? "" },
  });
  return stdout.toString();
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes("--write")) {
  for (const page of pages) writeFileSync(join(root, page), await withOutputs(readPage(page)));
}
