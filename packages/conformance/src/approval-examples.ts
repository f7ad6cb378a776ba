import type { Approval, ApprovalStore } from "@tollgate/core";
import { expect } from "vitest";
import {
  type ApprovalLaw,
  type ApprovalPlace,
  type MakeApprovalPlace,
  request,
  usingApprovals,
  yes,
} from "./approvals-under-test.ts";

/** The rules by example, on the store itself. */
export function approvalExamples(make: MakeApprovalPlace): readonly ApprovalLaw[] {
  return examples.map(([rule, example]) => ({
    rule,
    check: () =>
      usingApprovals(make, 3, async (stores, place) => {
        const [one, two, three] = stores;
        if (one === undefined || two === undefined || three === undefined) throw new Error("not opened");
        await example({ one, two, three, place });
      }),
  }));
}

/** One place, opened three times. */
interface Opened {
  readonly one: ApprovalStore;
  readonly two: ApprovalStore;
  readonly three: ApprovalStore;
  readonly place: ApprovalPlace;
}

const examples: readonly (readonly [string, (opened: Opened) => Promise<void>])[] = [
  [
    "what is asked for is kept to the letter, and seen wherever the store is opened",
    async ({ one, two, place }) => {
      const asked = request("a", {
        policy: `sha256:${"e".repeat(64)}`,
        action: { kind: "tool", name: 'p"a\u0000y\u{1f600}' },
        subject: { tenant: "t'1", user: "u\n", agent: "a", role: "r", session: "s", capability: "read_only" },
        reason: "because \ud800 of % and \\ and '",
        approver: null,
      });
      expect(await one.ask(asked, "d1")).toEqual(asked);
      expect(await two.get("a")).toEqual(asked);
      await two.answer("a", { ...yes, by: "ca\u0000rol", reason: "it's \ud800" });
      const answered = {
        ...asked,
        status: "granted",
        answer: { by: "ca\u0000rol", reason: "it's \ud800", at: 1100 },
      };
      const later = await place.open();
      expect(await later.get("a")).toEqual(answered);
      expect(await later.list({ status: "all" })).toEqual([answered]);
      if (later !== one) await later.close?.();
    },
  ],
  [
    "a request that is open already is answered instead of another",
    async ({ one, two }) => {
      await one.ask(request("a"), "d1");
      expect(await two.ask(request("b", { requestedAt: 1999, expiresAt: 3000 }), "d2")).toEqual(request("a"));
      expect(await one.get("b")).toBeNull();
      // It has run out from its expiry on.
      expect(await two.ask(request("c", { requestedAt: 2000, expiresAt: 3000 }), "d3")).toMatchObject({
        id: "c",
      });
    },
  ],
  [
    "a grant is good for one action of one run under one policy",
    async ({ one, two }) => {
      await one.ask(request("a", { policy: "sha256:1" }), "d1");
      await two.answer("a", yes);
      const other = [
        request("run", { policy: "sha256:1", run: "another" }),
        request("digest", { policy: "sha256:1", digest: "sha256:another" }),
        request("policy", { policy: "sha256:2" }),
        request("none", { policy: null }),
      ];
      for (const asked of other) expect(await two.ask(asked, "d2")).toEqual(asked);
      expect(await two.ask(request("b", { policy: "sha256:1" }), "d3")).toMatchObject({
        id: "a",
        status: "used",
        decision: "d3",
      });
    },
  ],
  [
    "a grant is good once, whoever asks at the same time",
    async ({ one, two, three }) => {
      await one.ask(request("a"), "d");
      await one.answer("a", yes);
      const asking = [one, two, three, one, two, three].map((store, nth) =>
        store.ask(request(`n${nth}`), `d${nth}`),
      );
      const answers = await Promise.all(asking);
      expect(answers.filter(({ status }) => status === "used")).toHaveLength(1);
      const rest = answers.filter(({ status }) => status === "pending");
      expect(rest).toHaveLength(5);
      expect(new Set(rest.map(({ id }) => id)).size).toBe(1);
      expect(await two.list({ status: "all" })).toHaveLength(2);
    },
  ],
  [
    "a grant has run out at its expiry",
    async ({ one, two }) => {
      await one.ask(request("a"), "d1");
      await one.answer("a", yes);
      const late = request("b", { requestedAt: 2000, expiresAt: 3000 });
      expect(await two.ask(late, "d2")).toEqual(late);
    },
  ],
  [
    "a denial stands for its action, whatever the policy and the time",
    async ({ one, two }) => {
      await one.ask(request("a", { policy: "sha256:1" }), "d1");
      await one.ask(request("b", { policy: "sha256:2" }), "d2");
      await one.answer("b", yes);
      await two.answer("a", { ...yes, status: "denied", reason: "who is bob?" });
      for (const changes of [{ policy: "sha256:2" }, { policy: null, requestedAt: 9000, expiresAt: 9999 }]) {
        expect(await two.ask(request("c", changes), "d3")).toMatchObject({
          id: "a",
          status: "denied",
          answer: { by: "carol", reason: "who is bob?", at: 1100 },
        });
      }
      expect(await one.ask(request("d", { run: "another" }), "d4")).toMatchObject({ id: "d" });
    },
  ],
  [
    "of several answers at the same time one is taken, and the others are told which",
    async ({ one, two, three }) => {
      await one.ask(request("a"), "d1");
      const answers = await Promise.all(
        [one, two, three, one, two, three].map((store, nth) =>
          store.answer("a", { ...yes, status: nth % 2 === 0 ? "granted" : "denied", by: `person ${nth}` }),
        ),
      );
      const taken = answers.filter((answer) => answer?.taken === true);
      expect(taken).toHaveLength(1);
      const kept = await one.get("a");
      expect(taken[0]?.approval).toEqual(kept);
      for (const answer of answers) expect(answer?.approval).toEqual(kept);
    },
  ],
  [
    "what has run out, or is not known, is not answered",
    async ({ one, two }) => {
      await one.ask(request("a"), "d1");
      expect(await two.answer("a", { ...yes, at: 2000 })).toEqual({ approval: request("a"), taken: false });
      expect(await two.answer("b", yes)).toBeNull();
      expect(await two.get("b")).toBeNull();
    },
  ],
  [
    "what was used up is given back by its decision alone",
    async ({ one, two }) => {
      await one.ask(request("a"), "d1");
      await one.answer("a", yes);
      await one.ask(request("b"), "mine");
      await two.giveBack("a", "another's");
      expect(await one.get("a")).toMatchObject({ status: "used", decision: "mine" });
      await two.giveBack("a", "mine");
      expect(await one.get("a")).toMatchObject({ status: "granted", decision: null });
      expect(await two.ask(request("c"), "next")).toMatchObject({
        id: "a",
        status: "used",
        decision: "next",
      });
      // Who gave it back has nothing left to give back.
      await one.giveBack("a", "mine");
      await one.giveBack("unknown", "mine");
      expect(await one.get("a")).toMatchObject({ status: "used", decision: "next" });
    },
  ],
  [
    "a request can be withdrawn until it is answered",
    async ({ one, two }) => {
      await one.ask(request("a"), "d1");
      await two.withdraw("a");
      await two.withdraw("a");
      expect(await one.get("a")).toBeNull();
      await one.ask(request("b"), "d2");
      await one.answer("b", yes);
      await two.withdraw("b");
      expect(await one.get("b")).toMatchObject({ status: "granted" });
    },
  ],
  [
    "each that has run out is told to one caller, once",
    async ({ one, two, three }) => {
      for (const run of ["1", "2", "3", "4", "5"]) await one.ask(request(`id-${run}`, { run }), "d");
      await one.answer("id-1", yes);
      await one.answer("id-2", { ...yes, status: "denied" });
      await one.answer("id-3", yes);
      await one.ask(request("x", { run: "3" }), "used");
      await one.ask(request("late", { run: "6", expiresAt: 2001 }), "d");
      expect(await one.expire(1999)).toEqual([]);
      const told = (await Promise.all([one, two, three, one].map((store) => store.expire(2000)))).flat();
      expect(told.map(idOf).sort()).toEqual(["id-1", "id-4", "id-5"]);
      for (const { status } of told) expect(status).toBe("expired");
      expect(await two.expire(2000)).toEqual([]);
      expect((await two.list({ status: "expired" })).map(idOf)).toEqual(["id-1", "id-4", "id-5"]);
      expect(await two.list({})).toMatchObject([{ id: "late" }]);
    },
  ],
  [
    "they are listed by status and run, the oldest first",
    async ({ one, two }) => {
      for (const id of ["c", "a", "b"]) await one.ask(request(id, { run: `run-${id}` }), "d");
      await one.answer("a", yes);
      expect((await two.list({})).map(idOf)).toEqual(["c", "b"]);
      expect((await two.list({ status: "all" })).map(idOf)).toEqual(["c", "a", "b"]);
      expect((await two.list({ status: "granted" })).map(idOf)).toEqual(["a"]);
      expect((await two.list({ status: "all", run: "run-b" })).map(idOf)).toEqual(["b"]);
      expect(await two.list({ run: "run-a" })).toEqual([]);
    },
  ],
];

function idOf({ id }: Approval): string {
  return id;
}
