import type { ReceiptLog } from "@tollgate/core";
import { createGate, type Decision, type Gate, type Permit, type Run } from "@tollgate/core";
import { allowTools, denyTools } from "@tollgate/core/evaluators";
import { checkpoints } from "@tollgate/core/signing";
import { modelCall, modelUsage, toolCall } from "./measured-gate.ts";

const users = Array.from({ length: 16 }, (_, index) => `user-${index}`);

/** How many decisions are under way at once. */
const width = 32;

/** A new run for each user after so many decisions of theirs. */
const runLength = 200;

/** How long a permit that nobody ends holds its money. */
export const reservationTtlMs = 5000;

/** What became of the decisions, by name. */
export type Tally = Map<string, number>;

/** Makes the gate that is soaked: rules, prices, and budgets that last from a run to a day. */
export function soakGate(log: ReceiptLog): Gate {
  return createGate({
    log,
    checkpoints: checkpoints(),
    reservationTtlMs,
    evaluators: [denyTools(["delete_*"]), allowTools(["payments.*", "delete_*"])],
    prices: { tools: { "payments.*": "$0.02" } },
    budgets: [
      { id: "money", limit: "$1000000", per: "day", by: ["user"] },
      { id: "calls", limit: "1G calls", per: "hour", by: ["tenant"] },
      { id: "run-tokens", limit: "100M tokens", per: "run", match: { kind: "llm" } },
      { id: "pocket-money", limit: "$1.00", per: "day", by: ["user"], match: { user: "user-0" } },
    ],
  });
}

/**
 * Decides and ends actions as many users of one gate would, some of them refused: by a rule, by a budget that
 * is used up, and some under keys of their own. A few permits are left to expire.
 */
export class SoakLoad {
  readonly tally: Tally = new Map();
  readonly #gate: Gate;
  readonly #runs = new Map<string, { readonly run: Run; readonly child: Run }>();
  #next = 0;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** Makes `count` more decisions. */
  async decide(count: number): Promise<void> {
    const last = this.#next + count;
    while (this.#next < last) {
      const first = this.#next;
      this.#next = Math.min(first + width, last);
      await Promise.all(Array.from({ length: this.#next - first }, (_, index) => this.#one(first + index)));
    }
  }

  async #one(index: number): Promise<void> {
    const user = users[index % users.length] ?? "";
    const turn = Math.floor(index / users.length);
    const { run, child } = this.#runOf(user, turn);
    switch (turn % 8) {
      case 0:
        return this.#note(await this.#gate.decide({ ...toolCall, name: "delete_account" }, { run }));
      case 1:
        return this.#note(
          await this.#gate.decide({ ...toolCall, name: "delete_user", key: `delete-${index}` }, { run }),
        );
      case 2:
        return this.#end(await this.#gate.decide({ ...toolCall, key: `pay-${index}` }, { run }), (permit) =>
          permit.settle(),
        );
      case 3:
        return this.#end(await this.#gate.decide(modelCall, { run: child }), (permit) =>
          permit.release("not sent"),
        );
      case 4:
        // More than was reserved, as only the provider knows.
        return this.#end(await this.#gate.decide(modelCall, { run }), (permit) =>
          permit.settle({ usage: { inputTokens: 50_000, outputTokens: 700 } }),
        );
      case 5:
        return this.#end(await this.#gate.decide(modelCall, { run: child }), (permit) =>
          turn % 1000 === 5 ? null : permit.settle(modelUsage),
        );
      default:
        return this.#end(await this.#gate.decide(modelCall, { run }), (permit) => permit.settle(modelUsage));
    }
  }

  async #end(
    decision: Decision,
    end: (permit: Permit) => Promise<{ outcome: string }> | null,
  ): Promise<void> {
    this.#note(decision);
    if (decision.permit === null) return;
    this.#count((await end(decision.permit))?.outcome ?? "left open");
  }

  #note({ code }: Decision): void {
    this.#count(code);
  }

  #count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  #runOf(user: string, turn: number): { readonly run: Run; readonly child: Run } {
    const known = this.#runs.get(user);
    if (known !== undefined && turn % runLength !== 0) return known;
    const run = this.#gate.run({ tenant: "acme", user, agent: "soak" });
    const opened = { run, child: run.child({ agent: "soak-helper" }) };
    this.#runs.set(user, opened);
    return opened;
  }
}
