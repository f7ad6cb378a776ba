import type { Approval, ApprovalStore } from "@tollgate/core";
import { memoryApprovals } from "@tollgate/core/driver";
import { describe, expect, it } from "vitest";
import { approvalLaws } from "../src/approval-laws.ts";

describe("approvals in memory", () => {
  const make = () => {
    const store = memoryApprovals();
    return { open: () => store };
  };
  for (const { rule, check } of approvalLaws(make, { runs: 500 })) it(rule, check);
});

/** A store in memory, with some of its methods in another's stead. */
function broken(change: (right: ApprovalStore) => Partial<ApprovalStore>): ApprovalStore {
  const right = memoryApprovals();
  const own: ApprovalStore = {
    ask: (request, decision) => right.ask(request, decision),
    answer: (id, verdict) => right.answer(id, verdict),
    giveBack: (id, decision) => right.giveBack(id, decision),
    withdraw: (id) => right.withdraw(id),
    expire: (now) => right.expire(now),
    get: (id) => right.get(id),
    list: (query) => right.list(query),
  };
  return { ...own, ...change(right) };
}

/** A later turn of the event loop. */
const turn = () => new Promise((go) => setTimeout(go, 0));

interface Fault {
  /** The laws that must notice it. */
  readonly noticed: RegExp;
  readonly change: (right: ApprovalStore) => Partial<ApprovalStore>;
}

const faults: Readonly<Record<string, Fault>> = {
  "lets a grant be used as often as it is asked for": {
    noticed: /good once|whatever gates do/,
    change: (right) => ({
      ask(request, decision) {
        const answer = right.ask(request, decision);
        // Nothing where it was not used.
        void right.giveBack("id" in answer ? answer.id : "", decision);
        return answer;
      },
    }),
  },
  "looks first and uses up later": {
    noticed: /good once|whatever gates do/,
    change: (right) => ({
      async ask(request, decision) {
        const all = await right.list({ status: "granted", run: request.run });
        const found = all.find(
          ({ digest, policy, expiresAt }) =>
            digest === request.digest && policy === request.policy && expiresAt > request.requestedAt,
        );
        await turn();
        const answer = await right.ask(request, decision);
        return found === undefined ? answer : { ...found, status: "used", decision };
      },
    }),
  },
  "forgets under which policy it was asked": {
    noticed: /under one policy|whatever gates do/,
    change: (right) => ({ ask: (request, decision) => right.ask({ ...request, policy: null }, decision) }),
  },
  "forgets for which run it was asked": {
    noticed: /one action of one run|whatever gates do/,
    change: (right) => ({ ask: (request, decision) => right.ask({ ...request, run: "run" }, decision) }),
  },
  "takes a denial for one under its policy alone": {
    noticed: /a denial stands/,
    change: (right) => ({
      async ask(request, decision) {
        const answer = await right.ask(request, decision);
        if (answer.status !== "denied" || answer.policy === request.policy) return answer;
        return right.ask({ ...request, run: `${request.run} anew` }, decision);
      },
    }),
  },
  "lets the last of two answers stand": {
    noticed: /of several answers|whatever gates do/,
    change: (right) => {
      const said = new Map<string, Partial<Approval>>();
      return {
        async answer(id, verdict) {
          const answer = await right.answer(id, verdict);
          if (answer === null) return null;
          const { status, ...by } = verdict;
          said.set(id, { status, answer: by });
          return { approval: { ...answer.approval, ...said.get(id) }, taken: true };
        },
      };
    },
  },
  "takes an answer to what has run out": {
    noticed: /what has run out, or is not known/,
    change: (right) => ({ answer: (id, verdict) => right.answer(id, { ...verdict, at: 0 }) }),
  },
  "tells everybody what has run out": {
    noticed: /told to one caller|whatever gates do/,
    change: (right) => {
      const told: Approval[] = [];
      return {
        async expire(now) {
          told.push(...(await right.expire(now)));
          await turn();
          return [...told];
        },
      };
    },
  },
  "never ends what has run out": {
    noticed: /told to one caller|whatever gates do/,
    change: () => ({ expire: () => [] }),
  },
  "gives back what another decision used": {
    noticed: /by its decision alone/,
    change: (right) => ({
      async giveBack(id) {
        await right.giveBack(id, (await right.get(id))?.decision ?? "");
      },
    }),
  },
  "gives nothing back": {
    noticed: /by its decision alone|whatever gates do/,
    change: () => ({ giveBack: () => undefined }),
  },
  "withdraws what is granted": {
    noticed: /can be withdrawn/,
    change: (right) => {
      const gone = new Set<string>();
      return {
        withdraw: (id) => void gone.add(id),
        get: (id) => (gone.has(id) ? null : right.get(id)),
      };
    },
  },
  "lists the newest first": {
    noticed: /the oldest first|whatever gates do/,
    change: (right) => ({ list: async (query) => [...(await right.list(query))].reverse() }),
  },
  "drops what no database takes": {
    noticed: /to the letter/,
    change: (right) => ({
      ask: (request, decision) => right.ask({ ...request, reason: request.reason.toWellFormed() }, decision),
    }),
  },
};

describe("the laws of approvals", () => {
  it.each(Object.entries(faults))("notice a store that %s", async (_, { noticed, change }) => {
    const make = () => {
      const store = broken(change);
      return { open: () => store };
    };
    const laws = approvalLaws(make, { runs: 2000 }).filter(({ rule }) => noticed.test(rule));
    expect(laws.length).toBe(noticed.source.split("|").length);
    for (const { check } of laws) await expect(check()).rejects.toThrow();
  });

  it("pass for the store that is broken in nothing", async () => {
    const make = () => {
      const store = broken(() => ({}));
      return { open: () => store };
    };
    for (const { check } of approvalLaws(make, { runs: 20 })) await check();
  });
});
