import * as fs from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { openLogFile } from "./log-file.ts";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  return { ...real, renameSync: vi.fn(real.renameSync) };
});

it("a log file that cannot get its new name is still the one it was", () => {
  const folder = mkdtempSync(join(tmpdir(), "log-file-"));
  const path = join(folder, "receipts.jsonl");
  const file = openLogFile(path);
  file.writeSync(Buffer.from("one\n"), 0);
  const rename = vi.mocked(fs.renameSync);
  const real = rename.getMockImplementation() as typeof fs.renameSync;
  for (const failing of [1, 2]) {
    let calls = 0;
    rename.mockImplementation((from, to) => {
      if (++calls === failing) throw new Error("EIO: i/o error");
      real(from, to);
    });
    expect(() => file.rotateSync(join(folder, "receipts.000001.jsonl"))).toThrow(/EIO/);
    expect(readdirSync(folder)).not.toContain("receipts.000001.jsonl");
    file.writeSync(Buffer.from(`${failing}\n`), 4);
    expect(readFileSync(path, "utf8")).toBe(`one\n${failing}\n`);
  }
  rename.mockImplementation(real);
  file.rotateSync(join(folder, "receipts.000001.jsonl"));
  expect(readFileSync(path, "utf8")).toBe("");
  file.close();
  rmSync(folder, { recursive: true });
});
