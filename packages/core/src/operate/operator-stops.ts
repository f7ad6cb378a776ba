import { readSubject } from "../action/read-subject.ts";
import { readRunId } from "../action/run-id.ts";
import type { Clock } from "../clock.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig, messageOf, StorageFailed } from "../errors.ts";
import { agentName } from "../ledger/stops.ts";
import type { SharedStops } from "../oversight/shared-stops.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Receipt, StopBody } from "../receipt/receipt.ts";
import { checkText } from "./check-text.ts";
import type { LiftRequest, Stopped, StopRequest } from "./operator.ts";
import type { OperatorChain } from "./operator-chain.ts";
import { afterwards } from "./receipt-afterwards.ts";

/** What an operator does with what is stopped; to be asked for one thing after another. */
export class OperatorStops {
  readonly #stops: SharedStops | undefined;
  readonly #chain: OperatorChain;
  readonly #clock: Clock;
  /** What was to be stopped as the store failed. It has them once it does as it is told, and each needs its receipt. */
  readonly #unsure = new Map<string, StopContent>();

  constructor(stops: SharedStops | undefined, chain: OperatorChain, clock: Clock) {
    this.#stops = stops;
    this.#chain = chain;
    this.#clock = clock;
  }

  /** See `Operator.stop`. */
  async stop({ run, agent, tenant, by, reason }: StopRequest): Promise<Stopped> {
    const name = nameOf({ run, agent, tenant });
    const stops = this.#checked(by, reason);
    await this.#chain.flush();
    const content: StopContent = given({ type: "stop", run, agent, tenant, by, reason } as const);
    const isUnsure = this.#unsure.has(name);
    try {
      const isNew = await stops.stop(name, reason, this.#clock.now());
      if (isNew && !isUnsure) this.#unsure.set(name, content);
    } catch (error) {
      if (!isUnsure) this.#unsure.set(name, content);
      throw error;
    }
    const receipt = (await this.#tell(this.#unsure.keys())).get(name) ?? null;
    await stops.spread();
    return { receipt };
  }

  /** See `Operator.lift`. */
  async lift({ agent, tenant, by, reason }: LiftRequest): Promise<Receipt<StopBody>> {
    const name = nameOf({ agent, tenant });
    const stops = this.#checked(by, reason);
    const what = textOf({ agent, tenant });
    const kept = await stops.list();
    if (!kept.some((stop) => stop.name === name)) {
      const isWider = tenant !== undefined && kept.some((stop) => stop.name === agentName(agent));
      throw new StorageFailed(`${what} is not stopped${isWider ? ": the agent is, in all tenants" : ""}`);
    }
    await this.#chain.flush();
    // The store has it, whatever it said when it was stopped.
    await this.#tell([name]);
    // The receipt comes first: nobody acts again without one that says who let them.
    const content = given({ type: "stop", agent, tenant, lifted: true, by, reason } as const);
    const receipt = (await this.#chain.writeAhead(content)) as Receipt<StopBody>;
    try {
      // Where somebody else lifts it at the same time it is lifted all the same.
      await stops.lift(name, this.#clock.now());
    } catch (cause) {
      throw new StorageFailed(
        `receipt ${receipt.body.id} says that the stop of ${what} is lifted, but it may not be: lift it again ` +
          `(${messageOf(cause)})`,
        { cause },
      );
    }
    await this.#tell(this.#unsure.keys());
    return receipt;
  }

  /** Writes the receipts of stops that the store has, as far as they have none. */
  async #tell(names: Iterable<string>): Promise<ReadonlyMap<string, Receipt<StopBody>>> {
    const written = new Map<string, Receipt<StopBody>>();
    for (const name of [...names]) {
      const content = this.#unsure.get(name);
      if (content === undefined) continue;
      // Where the chain cannot write it now, it owes it.
      this.#unsure.delete(name);
      const receipt = await afterwards(`${textOf(content)} is stopped`, this.#chain.write(content));
      written.set(name, receipt as Receipt<StopBody>);
    }
    return written;
  }

  #checked(by: string, reason: string): SharedStops {
    checkText("by", by);
    checkText("reason", reason);
    if (this.#stops !== undefined) return this.#stops;
    throw new InvalidConfig("stops", "expected the stops that gates share");
  }
}

type StopContent = Extract<ReceiptContent, { type: "stop" }>;
type Target = Pick<StopRequest, "run" | "agent" | "tenant">;

/** @throws InvalidConfig unless it is a run or an agent. */
function nameOf({ run, agent, tenant }: Target): string {
  let name: string | undefined;
  try {
    if (run !== undefined && agent === undefined && tenant === undefined) name = readRunId(run);
    if (run === undefined) {
      readSubject({ agent, tenant });
      name = agentName(agent, tenant);
    }
  } catch (cause) {
    throw new InvalidConfig("run or agent", messageOf(cause), { cause });
  }
  if (name !== undefined) return name;
  throw new InvalidConfig("run or agent", "expected a run, or an agent and perhaps its tenant");
}

function textOf({ run, agent, tenant }: Target): string {
  if (run !== undefined) return `run ${run}`;
  return tenant === undefined ? `agent ${agent}` : `agent ${agent} of tenant ${tenant}`;
}
