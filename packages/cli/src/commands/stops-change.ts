import { printableJson, printableText } from "@tollgate/core/export";
import { CliError, good } from "../cli-error.ts";
import type { Terminal } from "../terminal.ts";
import { type OperatorOption, receiptText, withOperator } from "../with-operator.ts";

/** What `tollgate stops stop` or `lift` was asked for. */
export interface StopsChangeOptions extends OperatorOption {
  readonly run?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

/** Stops a run or an agent. */
export async function stopsStop(options: StopsChangeOptions, { out }: Terminal): Promise<number> {
  const { run, agent, tenant, by, reason, json } = options;
  if ((run === undefined) === (agent === undefined)) throw new CliError("name a --run or an --agent");
  if (run !== undefined && tenant !== undefined) throw new CliError("--tenant goes with --agent alone");
  await withOperator(options, async (operator) => {
    const { receipt } = await operator.stop({ run, agent, tenant, by, reason });
    if (json === true) return out.write(`${printableJson({ isNew: receipt !== null, receipt })}\n`);
    const what = printableText(textOf(options));
    return out.write(
      receipt === null ? `${what} was stopped before\n` : `stopped: ${what}\n${receiptText(receipt)}\n`,
    );
  });
  return good;
}

/** Lifts the stop of an agent. */
export async function stopsLift(options: StopsChangeOptions, { out }: Terminal): Promise<number> {
  const { agent = "", tenant, by, reason, json } = options;
  await withOperator(options, async (operator) => {
    const receipt = await operator.lift({ agent, tenant, by, reason });
    if (json === true) return out.write(`${printableJson({ receipt })}\n`);
    return out.write(`lifted: ${printableText(textOf(options))}\n${receiptText(receipt)}\n`);
  });
  return good;
}

function textOf({ run, agent, tenant }: StopsChangeOptions): string {
  if (run !== undefined) return `run ${run}`;
  return tenant === undefined ? `agent ${agent} in all tenants` : `agent ${agent} of tenant ${tenant}`;
}
