import { join } from "node:path";
import { createGate } from "@tollgate/core";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { sampleKeys } from "./sample-store.ts";
import { TestFolder } from "./test-folder.ts";

let folder: TestFolder;
let path: string;
let keys: ReturnType<typeof sampleKeys>;
beforeEach(() => {
  folder = new TestFolder();
  path = join(folder.path, "tollgate.db");
  keys = sampleKeys(folder);
});
afterEach(() => folder[Symbol.dispose]());

/** A gate in another process than the command's, which it may as well be. */
function openGate() {
  const file = sqliteFile(path);
  return createGate({ ledger: sqliteLedger(file), log: sqliteLog(file) });
}

/** What becomes of an agent's action in a gate that was not there before. */
async function codeOf(agent: string, tenant: string, id = "thread-7"): Promise<string> {
  const gate = openGate();
  const { code } = await gate.decide(
    { kind: "tool", name: "look" },
    { run: gate.run({ id, agent, tenant }) },
  );
  await gate.close();
  return code;
}

function run(...args: readonly string[]): Promise<Ran> {
  return tollgate(["stops", ...args, "--store", path]);
}

function change(command: string, ...more: readonly string[]): Promise<Ran> {
  return run(command, "--by", "carol", "--reason", "rogue", "--key-file", keys.operatorKey, ...more);
}

describe("stops in a store", () => {
  it("are made, listed and lifted from the command line, each with its receipt", async () => {
    expect(await codeOf("finance-bot", "acme")).toBe("allowed");
    expect((await run("list")).stdout).toBe("nothing is stopped\n");
    const stopped = await change("stop", "--agent", "finance-bot", "--tenant", "acme");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^stopped: agent finance-bot of tenant acme\nreceipt [0-9a-f-]{36} is #1 of chain operator-[0-9a-f-]{36}\n$/,
    );
    expect(await codeOf("finance-bot", "acme")).toBe("run_stopped");
    expect(await codeOf("finance-bot", "rival")).toBe("allowed");
    expect((await change("stop", "--run", "thread-7")).stdout).toMatch(/^stopped: run thread-7\n/);
    expect(await codeOf("good", "rival")).toBe("run_stopped");

    const [head, agent, thread, ...rest] = (await run("list")).stdout.trimEnd().split("\n");
    expect(rest).toEqual([]);
    expect(head).toMatch(/^STOPPED +NAME +TENANT +SINCE \(UTC\) +REASON$/);
    expect(agent).toMatch(/^agent +finance-bot +acme +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +rogue$/);
    expect(thread).toMatch(/^run +thread-7 +\d{4}/);
    expect(JSON.parse((await run("list", "--json", "--limit", "1")).stdout)).toMatchObject([
      { run: "thread-7", reason: "rogue" },
    ]);

    const lifted = await change("lift", "--agent", "finance-bot", "--tenant", "acme", "--json");
    expect(JSON.parse(lifted.stdout).receipt.body).toMatchObject({
      type: "stop",
      agent: "finance-bot",
      tenant: "acme",
      lifted: true,
      by: "carol",
    });
    expect(await codeOf("finance-bot", "acme", "thread-8")).toBe("allowed");
    const verified = await tollgate(["verify", "--bound", "--store", path]);
    expect(verified.code).toBe(0);
  });

  it("are of exactly what is named", async () => {
    await codeOf("bot", "acme");
    const all = await change("stop", "--agent", "bot");
    expect(all.stdout).toMatch(/^stopped: agent bot in all tenants\n/);
    expect((await change("stop", "--agent", "bot")).stdout).toBe(
      "agent bot in all tenants was stopped before\n",
    );
    expect((await run("list")).stdout).toMatch(/^agent +bot +\(all\) /m);
    const narrow = await change("lift", "--agent", "bot", "--tenant", "acme");
    expect(narrow.code).toBe(2);
    expect(narrow.stderr).toContain("agent bot of tenant acme is not stopped: the agent is, in all tenants");
    expect((await change("lift", "--agent", "bot")).stdout).toMatch(/^lifted: agent bot in all tenants\n/);
    const twice = await change("lift", "--agent", "bot");
    expect([twice.code, twice.stdout]).toEqual([2, ""]);
    expect(twice.stderr).toContain("agent bot is not stopped");
  });

  it("need one target, and to be told by whom, why and under which key", async () => {
    await codeOf("bot", "acme");
    expect((await change("stop")).stderr).toContain("name a --run or an --agent");
    expect((await change("stop", "--run", "r", "--agent", "bot")).stderr).toContain(
      "name a --run or an --agent",
    );
    expect((await change("stop", "--run", "r", "--tenant", "acme")).stderr).toContain(
      "--tenant goes with --agent",
    );
    expect((await change("stop", "--run", "two words")).stderr).toContain("printable ASCII");
    const missing = await run("stop", "--agent", "bot", "--by", "carol", "--reason", "rogue");
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("--key-file")]);
  });

  it("show no control characters that come from outside", async () => {
    const gate = openGate();
    await gate.stop({ agent: "b\u202eot", tenant: "\u001b[2J" }, "a\r\nlie");
    await gate.close();
    for (const args of [["list"], ["list", "--json"]]) {
      const { stdout } = await run(...args);
      expect(stdout).toMatch(/b\\u\{?202e/);
      expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});
