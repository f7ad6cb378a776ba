// What is revoked in one process is denied in all: agents by stops that gates share, tokens by a list of one's own.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createGate, type Gate, type Run } from "@tollgate/core";
import { jwtIdentity } from "@tollgate/identity";
import { sqliteLedger } from "@tollgate/sqlite";
import { startIssuer } from "./issuer.ts";

const issuer = await startIssuer();
const jwks = `${issuer.url}/keys`;
const audience = "tollgate";
const directory = mkdtempSync(join(tmpdir(), "revoked-"));
const file = join(directory, "tollgate.db");

/** What becomes of a run's next action. */
async function ask(gate: Gate, run: Run): Promise<string> {
  const { code, reason } = await gate.decide({ kind: "tool", name: "search" }, { run });
  return code === "allowed" ? code : `${code}: ${reason}`;
}

{
  // #region stop
  // What each process makes, of one file or one database.
  const open = () => createGate({ identity: jwtIdentity({ jwks, audience }), ledger: sqliteLedger(file) });
  const [here, there] = [open(), open()];
  const run = there.run({ credential: await issuer.token({ sub: "finance-bot" }) });
  const before = await ask(there, run); // allowed
  await here.stop({ agent: "finance-bot" }, "its key has leaked");
  const after = await ask(there, run);
  // run_stopped: the run is stopped: agent finance-bot: its key has leaked
  // #endregion
  assert.equal(before, "allowed");
  assert.equal(after, "run_stopped: the run is stopped: agent finance-bot: its key has leaked");
  const another = there.run({ credential: await issuer.token({ sub: "helpdesk" }) });
  assert.equal(await ask(there, another), "allowed");
  await here.close();
  await there.close();
}

{
  const list = join(directory, "revoked.db");
  const admin = new DatabaseSync(list);
  admin.exec("CREATE TABLE revoked (id TEXT PRIMARY KEY) STRICT");
  // #region list
  const revocations = new DatabaseSync(list, { readOnly: true });
  const isListed = revocations.prepare("SELECT 1 FROM revoked WHERE id IN (?, ?)");
  const identity = jwtIdentity({
    jwks,
    audience,
    revoked: ({ agent, jti, subject }) =>
      isListed.get(JSON.stringify([subject.tenant, agent]), jti ?? "none") !== undefined,
  });
  // #endregion
  const gate = createGate({ identity });
  const claims = { sub: "finance-bot", tenant: "acme" };
  const token = await issuer.token({ ...claims, jti: "t-1" });
  const run = gate.run({ credential: token });
  assert.equal(await ask(gate, run), "allowed");
  admin.prepare("INSERT INTO revoked VALUES (?)").run("t-1");
  assert.equal(await ask(gate, run), "identity_denied: the credential was revoked");
  const fresh = gate.run({ credential: await issuer.token({ ...claims, jti: "t-2" }) });
  assert.equal(await ask(gate, fresh), "allowed");
  admin.prepare("INSERT INTO revoked VALUES (?)").run(JSON.stringify(["acme", "finance-bot"]));
  assert.equal(await ask(gate, fresh), "identity_denied: the credential was revoked");
  const elsewhere = gate.run({ credential: await issuer.token({ ...claims, tenant: "other", jti: "t-3" }) });
  assert.equal(await ask(gate, elsewhere), "allowed");
  revocations.close();
  admin.close();
  await gate.close();
}

rmSync(directory, { recursive: true });
issuer.stop();
