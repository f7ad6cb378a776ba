import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const main = new URL("../src/main.ts", import.meta.url).pathname;
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** What a process writes to a terminal of 100 columns that it has all to itself. */
const inTerminal = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly code: number | null; readonly shown: string } {
  const command = [process.execPath, "--conditions=tollgate-source", main, ...args];
  const { status, stdout } = spawnSync("python3", ["-c", inTerminal, ...command], {
    env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color", ...env },
  });
  return { code: status, shown: stdout.toString() };
}

describe.skipIf(!hasPython)("on a terminal (python3 makes one)", () => {
  it("the verdict is in colour, unless NO_COLOR or a dumb terminal forbids it", () => {
    const args = ["verify", samplePath, "-k", sampleKey];
    const colour = onTerminal(args);
    expect(colour.code).toBe(0);
    expect(colour.shown).toContain("\u001b[32m");
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const plain = onTerminal(args, env);
      expect(plain.code).toBe(0);
      expect(plain.shown).toContain("authentic");
      expect(plain.shown).not.toContain("\u001b");
    }
  });

  it("reasons are broken into lines that fit", () => {
    const { shown } = onTerminal(["show", samplePath, "-r", "report-8"], { NO_COLOR: "1" });
    const lines = shown.split("\r\n");
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe("in a pipe", () => {
  it("nothing is in colour, shown on the way or cut to a width", async () => {
    for (const args of [
      ["verify", samplePath, "-k", sampleKey],
      ["show", samplePath],
      ["show", samplePath, "-r", "report-8"],
      ["balances", samplePath],
      ["--help"],
    ]) {
      const { stdout, stderr } = await tollgate(args, { env: { TERM: "xterm-256color" } });
      expect(stdout + stderr).not.toContain("\u001b");
      expect(stdout).not.toContain("…");
    }
  });

  it("a reader that has seen enough ends it quietly", () => {
    using folder = new TestFolder();
    const copies = sampleLines
      .map((line) => `${line}\n`)
      .join("")
      .repeat(400);
    const file = folder.write("many.jsonl", copies);
    const node = `"${process.execPath}" --conditions=tollgate-source "${main}"`;
    for (const command of ["export -f csv", "export -f otlp", "export -f dsse", "tail -n 9000"]) {
      const { stdout, stderr } = spawnSync("sh", ["-c", `${node} ${command} "${file}" | head -n 1`]);
      expect(stdout.toString().trimEnd().split("\n").length).toBe(1);
      expect(stderr.toString().replace(/^tollgate: signatures were not checked.*\n/, "")).toBe("");
    }
  });
});
