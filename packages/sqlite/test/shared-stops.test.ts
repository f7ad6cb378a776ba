import type { NodeProcess } from "@tollgate/conformance/node-process";
import { createGate, createSigner } from "@tollgate/core";
import { createOperator } from "@tollgate/core/operate";
import { describe, expect, it } from "vitest";
import { sqliteFile, sqliteLedger, sqliteLog } from "../src/index.ts";
import { startProcess } from "./node-process.ts";
import { tempFile } from "./temp-folder.ts";

/** What becomes of an action of a run in another process. */
async function codeAt(other: NodeProcess, ...who: readonly string[]): Promise<string | undefined> {
  const said = other.lines.length;
  other.tell(who.join(" "));
  await other.hasWritten(said + 1);
  return other.lines[said];
}

describe.each(["plain", "leased"])(
  "gates of several processes that share nothing but a %s ledger",
  (kind) => {
    it("deny what any of them has stopped from the moment that it is acknowledged, until it is lifted", async () => {
      const path = tempFile();
      const file = sqliteFile(path);
      const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];
      const gate = createGate({ ledger, log });
      const others = [0, 1].map(() => startProcess("stopped", [path, kind]));
      await Promise.all(others.map((other) => other.hasWritten(1)));
      const codes = (...who: readonly string[]) => Promise.all(others.map((other) => codeAt(other, ...who)));

      // Each has just looked, so that nothing but the acknowledgement makes it look again.
      expect(await codes("run", "bot", "acme")).toEqual(["allowed", "allowed"]);
      await gate.stop({ agent: "bot", tenant: "acme" }, "rogue");
      expect(await codes("run", "bot", "acme")).toEqual(["run_stopped", "run_stopped"]);
      expect(await codes("run", "bot", "rival")).toEqual(["allowed", "allowed"]);
      await gate.stop("run", "loops");
      expect(await codes("run", "good", "acme")).toEqual(["run_stopped", "run_stopped"]);

      const operator = createOperator({ ledger, log, stops: ledger.stops, signer: createSigner() });
      await operator.lift({
        agent: "bot",
        tenant: "acme",
        by: "carol",
        reason: "its prompt is its own again",
      });
      await ledger.stops.spread();
      expect(await codes("other", "bot", "acme")).toEqual(["allowed", "allowed"]);
      expect(await codes("run", "bot", "acme")).toEqual(["run_stopped", "run_stopped"]);
      await operator.close();
      await gate.close();
      for (const other of others) other.tell("end");
      expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([0, 0]);
    }, 60_000);
  },
);

describe("a gate with stops of its own", () => {
  it("does not share its ledger's", async () => {
    const path = tempFile();
    const one = createGate({ ledger: sqliteLedger(path) });
    const own = { reason: () => null, stop: () => true };
    const two = createGate({ ledger: sqliteLedger(path), stops: own });
    await one.stop("run", "loops");
    expect(two.run({ id: "run" }).stopped).toBeNull();
    expect((await two.decide({ kind: "tool", name: "look" }, { run: two.run({ id: "run" }) })).code).toBe(
      "allowed",
    );
    await one.close();
    await two.close();
  });
});
