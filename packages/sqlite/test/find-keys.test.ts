import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { keysOfIds } from "../src/find-keys.ts";
import { schemaSql } from "../src/schema.ts";

it("what has a key that somebody chose is found by its id without a look at all that is over", () => {
  const database = new DatabaseSync(":memory:");
  database.exec(schemaSql);
  const add = database.prepare("INSERT INTO ended (key, id, state, at, data) VALUES (?, ?, ?, 0, NULL)");
  add.run("own", "own", "settled");
  add.run("4:run1/charge", "chosen", "released");
  add.run("4:run1/denied", "its digest", "refused");
  const ids = JSON.stringify(["own", "chosen", "its digest", "unknown"]);
  expect(database.prepare(keysOfIds).all(ids, ids)).toEqual([{ id: "chosen", key: "4:run1/charge" }]);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${keysOfIds}`).all(ids, ids);
  const steps = plan.map(({ detail }) => detail as string).filter((detail) => detail.includes("ended"));
  expect(steps).toEqual([expect.stringMatching(/^SEARCH ended USING .*INDEX ended_id \(id=\?\)$/)]);
});
