import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

const node = [process.execPath, "--conditions=tollgate-source"];
const main = fileURLToPath(new URL("main.ts", import.meta.url));
const lastLine = /^receipts verified: (\d+), overspend: \$0\.00$/;
/** Makes a pseudo terminal without native modules, where it is util-linux's. */
const terminal = "script";
const hasTerminal = spawnSync(terminal, ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command without a key, and without what an environment may say about colours. */
async function run(
  [command = "", ...args]: readonly string[],
  { env, interruptAt }: { readonly env?: NodeJS.ProcessEnv; readonly interruptAt?: string } = {},
): Promise<Ended> {
  const { CI, FORCE_COLOR, NO_COLOR, OPENAI_API_KEY, ...rest } = process.env;
  const child = spawn(command, args, {
    env: { ...rest, TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (interruptAt === undefined || !stdout.includes(interruptAt)) return;
    // A terminal makes the signal out of the key.
    if (command === terminal) child.stdin.end("\u0003");
    else child.kill("SIGINT");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** What has Node run a piece of JavaScript before anything else. */
function preload(code: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(code).replaceAll("'", "%27")}`;
}

/** The command that runs the demo on a pseudo terminal. */
function onTerminal(columns: number, rows: number, path: string, ...flags: readonly string[]) {
  const command = [...node, ...flags, main, "--receipts", path].map((part) => `'${part}'`).join(" ");
  return [terminal, "-qec", `stty cols ${columns} rows ${rows}; ${command}`, "/dev/null"];
}

function linesOf(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

describe.concurrent("the demo", () => {
  it("shows on a pipe that all of it is so, in plain lines", async ({ expect }) => {
    const path = join(folder, "piped.jsonl");
    const { code, stdout, stderr } = await run([...node, main, "--receipts", path], { env: { CI: "true" } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("✗");
    const lines = linesOf(stdout);
    const [, receipts] = lastLine.exec(lines.at(-1) ?? "") ?? [];
    expect(Number(receipts)).toBe(linesOf(readFileSync(path, "utf8")).length);
    expect(lines.filter((line) => /^ +[1-5] .*\$0\.18 /.test(line))).toHaveLength(5 + 5 + 4);
    expect(stdout).toContain("✓ stopped before call 6, at $0.90 of $1.00");
    expect(stdout.match(/✓ requests seen by the server: 5$/gm)).toHaveLength(3);
    const named = [...stdout.matchAll(/broken at sequence (\d+): (bad_signature|sequence_gap) /g)];
    expect(named.map(([, , reason]) => reason)).toEqual(["bad_signature", "sequence_gap"]);
    for (const [, seq] of named) expect(stdout).toContain(`✓ the verifier names sequence ${seq} `);
  });

  it.skipIf(!hasTerminal)("draws its tables anew on a terminal, also on a narrow one", async ({ expect }) => {
    const { code, stdout } = await run(onTerminal(40, 12, join(folder, "terminal.jsonl")));
    expect(code).toBe(0);
    expect(stdout).toContain("\u001b[32m✓");
    expect(stdout).toContain("\u001b[2K");
    const lines = linesOf(stripVTControlCharacters(stdout).replaceAll("\r", ""));
    expect(lines.at(-1)).toMatch(lastLine);
    // What it draws anew must not be broken by the terminal, or it would be drawn in the wrong place.
    expect(lines.filter((line) => line.includes("░"))).not.toHaveLength(0);
    expect(lines.filter((line) => /[░█]|^ +\d+(-\d+)? +[$-]/.test(line) && line.length > 40)).toEqual([]);
    // Nor may anything be drawn once a table has ended.
    expect(lines.filter((line) => /call +reserved/.test(line))).toHaveLength(3);
  });

  it("fails when more requests reach the server than were allowed", async ({ expect }) => {
    const twice =
      "const send = fetch; globalThis.fetch = (...to) => { send(...to).catch(() => {}); return send(...to); };";
    const path = join(folder, "twice.jsonl");
    const { code, stdout } = await run([...node, preload(twice), main, "--receipts", path]);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ requests seen by the server: 10");
    expect(linesOf(stdout).at(-1)).toBe("FAILED: 3 claims are not so, overspend: $0.00");
  });

  // The third call of the model is never answered, so that nothing but the signal ends the first stage.
  const hang = preload(
    "const send = fetch; let calls = 0; globalThis.fetch = (...to) => ++calls > 2 ? new Promise(() => {}) : send(...to);",
  );

  describe.for([
    ["pipe", process.platform !== "win32", (path: string) => [...node, hang, main, "--receipts", path]],
    ["terminal", hasTerminal, (path: string) => onTerminal(80, 24, path, hang)],
  ] as const)("on a %s", ([where, exists, command]) => {
    it.skipIf(!exists)("leaves at once on Ctrl-C, and no lock behind", async ({ expect }) => {
      const path = join(folder, `interrupted-${where}.jsonl`);
      const { code, stdout, stderr } = await run(command(path), { interruptAt: "$0.64" });
      expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
      expect(stdout).not.toContain("2. A hundred calls");
      expect(existsSync(path)).toBe(true);
      expect(existsSync(`${path}.lock`)).toBe(false);
    });
  });

  it("says in one line that --live needs a key, before it touches anything", async ({ expect }) => {
    const path = join(folder, "live.jsonl");
    for (const env of [{}, { OPENAI_API_KEY: "" }]) {
      const { code, stdout, stderr } = await run([...node, main, "--live", "--receipts", path], { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^demo: .*OPENAI_API_KEY.*\n$/);
      expect(existsSync(path)).toBe(false);
    }
  });

  it("explains its options, and refuses others", async ({ expect }) => {
    expect(await run([...node, main, "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--live"),
    });
    expect(await run([...node, main, "--lve"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^demo: .*'--lve'.*\n$/),
    });
  });
});
