// Other tokens: with other claims, good once, revoked, of workloads, or none of these at all.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGate, type Gate } from "@tollgate/core";
import { createIdentity } from "@tollgate/core/identity";
import { jwtIdentity, memoryReplays } from "@tollgate/identity";
import { sqliteReplays } from "@tollgate/sqlite";
import { startIssuer } from "./issuer.ts";

const issuer = await startIssuer();
const jwks = `${issuer.url}/keys`;
const audience = "tollgate";

/** What becomes of a tool call in a run with this credential. */
async function ask(gate: Gate, credential: string, claims: { readonly user?: string } = {}): Promise<string> {
  const run = gate.run({ credential, ...claims });
  const { code, reason } = await gate.decide({ kind: "tool", name: "search" }, { run });
  return code === "allowed" ? JSON.stringify(run.subject) : `${code}: ${reason}`;
}

{
  // #region delegated
  const identity = jwtIdentity({
    jwks,
    audience,
    claims: {
      // RFC 8693: the subject is the user, and the actor is the agent that acts for them.
      user: "sub",
      agent: ({ act }) => (act as { sub?: string } | undefined)?.sub,
      tenant: "org_id",
    },
  });
  // #endregion
  const gate = createGate({ identity });
  const token = await issuer.token({ sub: "alice", act: { sub: "finance-bot" }, org_id: "acme" });
  assert.equal(await ask(gate, token), '{"agent":"finance-bot","tenant":"acme","user":"alice"}');
}

{
  // #region on-behalf
  const identity = jwtIdentity({ jwks, audience, callerFills: ["user", "session"] });
  const gate = createGate({ identity });
  const token = await issuer.token({ sub: "finance-bot" });
  const run = gate.run({ credential: token, user: "alice" });
  // #endregion
  assert.equal((await gate.decide({ kind: "tool", name: "search" }, { run })).code, "allowed");
  assert.deepEqual(run.subject, { agent: "finance-bot", user: "alice" });
}

{
  const revokedAgents = new Set<string>();
  const revokedTokens = new Set<string>();
  // #region once
  const gate = createGate({
    identity: jwtIdentity({
      jwks,
      audience,
      requireJti: true,
      replays: memoryReplays({ max: 10_000 }),
      revoked: ({ agent, jti }) => revokedAgents.has(agent) || revokedTokens.has(jti ?? ""),
    }),
  });
  // #endregion
  const token = await issuer.token({ sub: "finance-bot", jti: "t-1" });
  const run = gate.run({ credential: token });
  const act = async (): Promise<string> =>
    (await gate.decide({ kind: "tool", name: "search" }, { run })).code;
  assert.equal(await act(), "allowed");
  assert.equal(await act(), "allowed");
  assert.match(await ask(gate, token), /^identity_denied: the credential was shown before/);
  revokedAgents.add("finance-bot");
  assert.equal(await act(), "identity_denied");
}

{
  const directory = mkdtempSync(join(tmpdir(), "tokens-"));
  const file = join(directory, "shown.db");
  const action = { kind: "tool", name: "search" } as const;
  const codes: string[] = [];
  const token = await issuer.token({ sub: "finance-bot", jti: "t-2" });
  // Each turn is a process that begins anew.
  for (let turn = 0; turn < 2; turn++) {
    // #region replays
    // Or postgresReplays(pool), for processes on many machines.
    const replays = sqliteReplays(file);
    const gate = createGate({ identity: jwtIdentity({ jwks, audience, requireJti: true, replays }) });
    // #endregion
    codes.push((await gate.decide(action, { run: gate.run({ credential: token }) })).code);
    await gate.close();
    await replays.close();
  }
  rmSync(directory, { recursive: true });
  assert.deepEqual(codes, ["allowed", "identity_denied"]);
}

{
  // #region spiffe
  const identity = jwtIdentity({
    jwks,
    audience,
    spiffe: { trustDomain: "acme.example", path: "/ns/:tenant/sa/:agent" },
  });
  // #endregion
  const gate = createGate({ identity });
  const good = await issuer.token({ sub: "spiffe://acme.example/ns/prod/sa/finance-bot" });
  assert.equal(await ask(gate, good), '{"agent":"finance-bot","tenant":"prod"}');
  const stranger = await issuer.token({ sub: "spiffe://evil.example/ns/prod/sa/finance-bot" });
  assert.equal(await ask(gate, stranger), "identity_denied: the credential is of another trust domain");
}

{
  const sessions = new Map([["cookie-1", { agent: "helpdesk", user: "alice", until: Date.now() + 60_000 }]]);
  // #region own
  const identity = createIdentity(async (credential) => {
    const session = sessions.get(credential);
    if (session === undefined) return { refused: "there is no such session" };
    const { agent, user, until } = session;
    return {
      subject: { agent, user },
      expiresAt: until,
      revoked: () => !sessions.has(credential),
    };
  });
  // #endregion
  const gate = createGate({ identity });
  assert.equal(await ask(gate, "cookie-1"), '{"agent":"helpdesk","user":"alice"}');
  assert.equal(await ask(gate, "cookie-2"), "identity_denied: there is no such session");
}

issuer.stop();
