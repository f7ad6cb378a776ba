import { describe, expect, it } from "vitest";
import {
  clerk,
  decidedIn,
  deepText,
  meeting,
  nameIn,
  type Opened,
  oneTurn,
  open,
  prompt,
  refusalOf,
  saidIn,
} from "./identity-bench.ts";
import type { Conversation, IdentityBench, IdentityDriver, NestedAgent } from "./identity-driver.ts";
import { receiptsOf } from "./test-gate.ts";
import { refusedCallers } from "./test-tokens.ts";

/** A rule that every adapter keeps where callers show tokens; `check` rejects with what broke it. */
export interface IdentityLaw {
  readonly rule: string;
  check(driver: IdentityDriver): Promise<void>;
}

/** Asks of an adapter that its framework's agents are who their tokens say, at every turn and at any depth. */
export function identityConformance(driver: IdentityDriver): void {
  describe(`${driver.name} keeps callers to their tokens`, () => {
    for (const { rule, check } of identityLaws(driver)) it(rule, () => check(driver));
  });
}

/** The rules, of which some are for each of a driver's nested agents. */
export function identityLaws({ nested }: Pick<IdentityDriver, "nested">): readonly IdentityLaw[] {
  return [
    ...refusedCallers.map((caller) => ({
      rule: `refuses ${caller.what}, with a receipt and no request`,
      check: (driver: IdentityDriver) => refuse(driver, caller),
    })),
    { rule: "acts as the token says in every turn, with the tools of its role", check: actAsToldTwice },
    { rule: "gives another role the tools of that role", check: actInAnotherRole },
    { rule: "does not mix callers that are at work at once", check: actAtOnce },
    ...nested.flatMap((agent) => [
      { rule: `stays who it is in ${agent.what}`, check: () => actNested(agent) },
      { rule: `is refused before ${agent.what} is begun`, check: () => refuseNested(agent) },
    ]),
    { rule: "ends with its token: the next step does not go out", check: expire },
    { rule: "asks before each action whether it was revoked", check: revoke },
    {
      rule: "takes a token that is good once for a whole conversation, and never for another",
      check: actOnce,
    },
    { rule: "writes a token into no receipt, request or error", check: leakNothing },
  ];
}

async function refuse(
  driver: IdentityDriver,
  { who, reason }: (typeof refusedCallers)[number],
): Promise<void> {
  const bench = await open();
  const call = driver.open(bench)(await who(bench.tokens));
  for (const turn of [1, 2]) {
    const refusal = await refusalOf(call(prompt("alice")));
    expect(refusal).toMatchObject({ code: "identity_denied", reason: expect.stringMatching(reason) });
    const receipts = await decidedIn(bench.gate);
    expect(receipts.map(({ decision }) => decision.code)).toEqual(Array(turn).fill("identity_denied"));
    expect(receipts.at(-1)?.id).toBe(refusal.receipt);
  }
  expect([bench.provider.count(), bench.used]).toEqual([0, []]);
  expect(await bench.gate.balances()).toEqual([]);
}

async function actAsToldTwice(driver: IdentityDriver): Promise<void> {
  const bench = await open();
  const call = driver.open(bench)({ credential: await bench.tokens.sign() });
  for (const turn of [1, 2]) {
    await call(prompt("alice"));
    expect(await saidIn(bench.gate)).toEqual(oneTurn.flatMap((said) => Array<string>(turn).fill(said)));
  }
  for (const { action } of await decidedIn(bench.gate)) expect(action.subject).toMatchObject(clerk);
  expect([bench.provider.count(), bench.used]).toEqual([4, ["search alice", "search alice"]]);
}

async function actInAnotherRole(driver: IdentityDriver): Promise<void> {
  const bench = await open();
  const call = driver.open(bench)({ credential: await bench.tokens.sign({ role: "treasurer" }) });
  await call(prompt("alice"));
  expect(bench.used.sort()).toEqual(["pay alice", "search alice"]);
}

/** Has callers talk at once, each with a token of their own, and expects each action to be of whom it was for. */
async function talkAtOnce(bench: Opened, make: NestedAgent["open"], names: readonly string[]): Promise<void> {
  const talk = make(bench);
  const calls = names.map(async (sub): Promise<Conversation> => {
    return talk({ credential: await bench.tokens.sign({ sub, tenant: `${sub}s` }) });
  });
  const opened = await Promise.all(calls);
  await Promise.all(opened.map((call, nth) => call(prompt(names[nth] ?? ""))));
  for (const { action } of await decidedIn(bench.gate)) {
    const agent = nameIn(action.params);
    expect(action.subject).toMatchObject({ ...clerk, agent, tenant: `${agent}s` });
  }
}

async function actAtOnce(driver: IdentityDriver): Promise<void> {
  const names = ["alice", "bob", "carol"];
  const bench = await open(meeting(names.length));
  await talkAtOnce(bench, (shared: IdentityBench) => driver.open(shared), names);
  const said = (await decidedIn(bench.gate)).map(
    ({ action, decision }) => `${nameIn(action.params)} ${action.name} ${decision.code}`,
  );
  expect(said.sort()).toEqual(names.flatMap((name) => oneTurn.map((one) => `${name} ${one}`)).sort());
}

async function actNested(agent: NestedAgent): Promise<void> {
  const names = ["alice", "bob"];
  const bench = await open(meeting(names.length), { delegate: agent.delegate });
  await talkAtOnce(bench, (shared) => agent.open(shared), names);
  expect(bench.used.sort()).toEqual(["search alice", "search bob"]);
  const inner = (await decidedIn(bench.gate)).filter(({ action }) => action.name === "gpt-4o-mini");
  expect(inner.map(({ action }) => action.subject?.agent).sort()).toEqual(["alice", "alice", "bob", "bob"]);
}

async function refuseNested(agent: NestedAgent): Promise<void> {
  const bench = await open(undefined, { delegate: agent.delegate });
  const call = agent.open(bench)({ credential: await bench.tokens.sign(), role: "treasurer" });
  expect(await refusalOf(call(prompt("alice")))).toMatchObject({ code: "identity_denied" });
  expect(bench.provider.count()).toBe(0);
}

async function expire(driver: IdentityDriver): Promise<void> {
  const bench = await open((_tool, _text, { clock }) => clock.advance(606_000));
  const call = driver.open(bench)({ credential: await bench.tokens.sign() });
  expect(await refusalOf(call(prompt("alice")))).toMatchObject({
    code: "identity_denied",
    reason: "the credential has expired",
  });
  expect(bench.provider.count()).toBe(1);
}

async function revoke(driver: IdentityDriver): Promise<void> {
  let isRevoked = false;
  const asked: string[] = [];
  const revoked = ({ agent }: { readonly agent: string }) => {
    asked.push(agent);
    return isRevoked;
  };
  const bench = await open(
    () => {
      isRevoked = true;
    },
    { revoked },
  );
  const call = driver.open(bench)({ credential: await bench.tokens.sign() });
  expect(await refusalOf(call(prompt("alice")))).toMatchObject({
    code: "identity_denied",
    reason: "the credential was revoked",
  });
  expect(bench.provider.count()).toBe(1);
  expect(asked.length).toBeGreaterThanOrEqual((await decidedIn(bench.gate)).length);
  const before = asked.length;
  await refusalOf(call(prompt("alice")));
  expect(asked.length).toBeGreaterThan(before);
}

async function actOnce(driver: IdentityDriver): Promise<void> {
  const bench = await open(undefined, { requireJti: true });
  const credential = await bench.tokens.sign({ jti: "t-1" });
  const talk = driver.open(bench);
  const call = talk({ credential });
  await call(prompt("alice"));
  await call(prompt("alice"));
  expect(bench.provider.count()).toBe(4);
  expect(await refusalOf(talk({ credential })(prompt("alice")))).toMatchObject({
    code: "identity_denied",
    reason: expect.stringMatching(/shown before/),
  });
  expect(bench.provider.count()).toBe(4);
}

async function leakNothing(driver: IdentityDriver): Promise<void> {
  const bench = await open((_tool, _text, { clock }) => clock.advance(606_000));
  const credential = await bench.tokens.sign();
  const error: unknown = await driver
    .open(bench)({ credential })(prompt("alice"))
    .then(
      () => Promise.reject(new Error("the call went through")),
      (thrown: unknown) => thrown,
    );
  const written = [await receiptsOf(bench.gate), bench.provider.requests, deepText(error)];
  for (const part of credential.split(".").slice(1)) {
    for (const text of written) expect(JSON.stringify(text)).not.toContain(part);
  }
}
