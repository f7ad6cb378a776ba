import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { sampleKey, sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const [first = ""] = sampleLines;

/** One line on stderr that tells what to do, and no trace of a stack. */
function expectOneLine({ stderr, stdout }: Ran): void {
  expect(stderr).toMatch(/^tollgate: [^\n]+\n$/);
  expect(stderr + stdout).not.toMatch(/\n\s+at |node:internal|Error:|unexpectedly/);
}

const contents: readonly (readonly [string, string | Uint8Array])[] = [
  ["not JSON", "hello\n"],
  ["JSON that is no receipt", '{"a":1}\n'],
  ["another version", `${first.replace('"v":1', '"v":2')}\n`],
  ["a type that nobody knows", `${first.replace('"type":"key"', '"type":"gift"')}\n`],
  ["binary", Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256)],
  ["a line of 100 MB", Buffer.alloc(100 * 1024 * 1024, "a")],
  ["empty", ""],
  ["a line feed only", "\n"],
  ["cut short", first.slice(0, 200)],
  ["deep", `${"[".repeat(100_000)}\n`],
];

describe("a file that holds no receipts", () => {
  describe.each(contents)("but what is %s", (what, content) => {
    it("is broken to verify, or refused in one line", async () => {
      using folder = new TestFolder();
      const ran = await tollgate(["verify", folder.write("file", content), "-k", sampleKey]);
      if (ran.code === 1) {
        expect(ran.stderr).toBe("");
        expect(ran.stdout).toMatch(/^broken: /);
        expect(ran.stdout).not.toMatch(/\n\s+at /);
      } else {
        expect(what).toBe("a line of 100 MB");
        expect([ran.code, ran.stdout]).toEqual([2, ""]);
        expectOneLine(ran);
      }
    });

    it.each(["show", "balances", "export -f csv", "tail"])(
      "is refused by %s in one line",
      async (command) => {
        using folder = new TestFolder();
        const file = folder.write("file", content);
        const ran = await tollgate([...command.split(" "), file]);
        // What has no line feed yet is still being written.
        if (command === "tail" && (content.length === 0 || content.at(-1) !== "\n")) return;
        expect(ran.code).toBe(2);
        expectOneLine(ran);
        if (content.length > 0) expect(ran.stderr).toContain("line");
      },
    );
  });
});

describe("what cannot be read", () => {
  it.each([
    ["a file that is not there", "gone.jsonl", "there is no such file"],
    ["a folder", "folder", "is a directory"],
    ["a path through a file", "file/x", "its path goes through a file"],
  ])("is told in one line: %s", async (_what, name, message) => {
    using folder = new TestFolder();
    mkdirSync(join(folder.path, "folder"));
    folder.write("file", "");
    const path = join(folder.path, name);
    for (const command of ["verify -k KEY", "show", "balances", "export -f csv", "tail"]) {
      const ran = await tollgate([...command.replace("KEY", sampleKey).split(" "), path]);
      expect(ran.code).toBe(2);
      expectOneLine(ran);
      if (command !== "tail") expect(ran.stderr).toContain(message);
      expect(ran.stderr).toContain(path);
    }
  });

  it.each([
    ["is not there", null, "there is no such file"],
    ["is no JSON", "hello", "is no key"],
    ["is another kind of key", '{"kty":"EC","crv":"P-256","x":"","y":""}', "no Ed25519 key"],
    ["is too short", '{"kty":"OKP","crv":"Ed25519","x":"AAAA"}', "no Ed25519 key"],
    ["is an empty set", '{"keys":[]}', "without a key"],
    ["is no PEM", "-----BEGIN PUBLIC KEY-----\nhello\n-----END PUBLIC KEY-----\n", "PEM"],
    ["is a receipt", sampleLines[0] ?? "", "no Ed25519 key"],
    ["is null", "null", "no Ed25519 key"],
    // The neutral element, under which one signature fits many messages.
    ["is of small order", `{"kty":"OKP","crv":"Ed25519","x":"AQ${"A".repeat(41)}"}`, ""],
  ])("is a key that %s", async (_what, content, message) => {
    using folder = new TestFolder();
    const key = content === null ? join(folder.path, "gone") : folder.write("key", content);
    const ran = await tollgate(["verify", samplePath, "-k", key]);
    if (message === "") {
      expect(ran.code).not.toBe(0);
      return;
    }
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expectOneLine(ran);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).toContain(key);
  });

  it("is a report that is none, or of a broken chain", async () => {
    using folder = new TestFolder();
    for (const content of ["hello", "{}", '{"verdict":"broken","chains":[]}', '{"chains":[{"chain":1}]}']) {
      const report = folder.write("report", content);
      const ran = await tollgate(["verify", samplePath, "-k", sampleKey, "--heads", report]);
      expect(ran.code).toBe(2);
      expectOneLine(ran);
    }
  });
});

describe("wrong usage", () => {
  it.each([
    [[], /./],
    [["nope"], /unknown command/],
    [["verfy"], /did you mean verify/i],
    [["verify", "--bound"], /give receipt files, or --store/],
    [["show"], /give receipt files, or --store/],
    [["show", samplePath, "--store", "tollgate.db"], /not both/],
    [["verify", "-", "--key"], /argument missing/],
    [["verify", "--nope", "x"], /unknown option/],
    [["verify", "x", "-k", "y", "--jobs", "0"], /number from 1 to 64/],
    [["verify", "x", "-k", "y", "--jobs", "two"], /number from 1 to 64/],
    [["verify", "-", "-", "-k", sampleKey], /once/],
    [["verify", samplePath, "-k", sampleKey, "--revoked", "x=yesterday"], /RFC 3339/],
    [["export", samplePath], /--format/],
    [["export", samplePath, "-f", "xml"], /dsse, agt, otlp, csv/],
    [["show", samplePath, "-r", "nobody"], /no run nobody/],
    [["tail", samplePath, "-n", "-1"], /whole number/],
    [["keygen"], /missing required argument/],
    [["budgets"], /which store\? Give --store <path-or-url>, or set TOLLGATE_STORE/],
    [["budgets", "--store", ""], /--store is empty/],
    [["budgets", "--store", "mysql://host/db"], /none of the kind mysql:\/\//],
    [["budgets", "--store"], /argument missing/],
    [["budgets", "--store", "gone.db"], /cannot open the store gone\.db: there is no such file/],
    [["balances", "--store", "gone.db"], /cannot open the store gone\.db: there is no such file/],
    [["budgets", "--store", "."], /is a directory/],
    [["budgets", "--store", samplePath], /is not an SQLite database/],
    [["budgets", "--store", "/dev/null"], /\/dev\/null is no file of a disk/],
    [["migrate", "--store", "gone.db"], /there is no such file/],
    [["ledger", "top", "--limit", "0", "--store", "x"], /1 or more/],
    [["ledger", "reservations", "--limit", "x", "--store", "x"], /whole number/],
    [["ledger", "nope"], /unknown command/],
    [["budgets", "daily", "--store", "x"], /too many arguments/],
  ])("is told with exit code 2: %j", async (args, message) => {
    const ran = await tollgate(args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
    // Without any command its help is shown.
    if (args.length > 0) expectOneLine(ran);
  });
});

describe("a store's address that is miswritten", () => {
  it.each([
    "host=db user=me password=s3cret",
    " postgresql://me:s3 cret@127.0.0.1/x",
    "postgres:/me:s3cret@127.0.0.1/x",
    "jdbc:postgresql://db/x?user=me&password=s3cret",
    "me:s3cret@db/x",
  ])("is not quoted with its password: %s", async (store) => {
    const ran = await tollgate(["budgets", "--store", store]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/cannot open the store: .*postgresql:\/\/user@host:5432\/database/);
    expect(ran.stderr + ran.stdout).not.toMatch(/s3|cret/);
    expectOneLine(ran);
  });
});

describe("a full disk", () => {
  it("is told in one line, with exit code 2", async () => {
    using folder = new TestFolder();
    const { spawnSync } = await import("node:child_process");
    const main = new URL("../src/main.ts", import.meta.url).pathname;
    const errors = join(folder.path, "errors");
    const command = `"${process.execPath}" --conditions=tollgate-source "${main}" export -f csv "${samplePath}" > /dev/full 2> "${errors}"`;
    const { status } = spawnSync("sh", ["-c", command]);
    const { readFileSync } = await import("node:fs");
    expect(status).toBe(2);
    expect(readFileSync(errors, "utf8")).toContain("tollgate: cannot write the output: the disk is full\n");
  });
});
