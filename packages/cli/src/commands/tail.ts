import { type DecidedReceipt, OpenActions, parseReceipt, printableJson } from "@tollgate/core/export";
import { receiptLines } from "@tollgate/core/verify";
import { CliError, good } from "../cli-error.ts";
import { followedChunks } from "../followed-file.ts";
import type { Terminal } from "../terminal.ts";
import { type TimelineStyle, timelineText } from "../timeline-text.ts";

/** What `tollgate tail` was asked for. */
export interface TailOptions {
  /** How many receipts of the end to begin with. */
  readonly lines: number;
  readonly follow?: boolean;
  readonly run?: string;
  readonly json?: boolean;
}

/** How much of the file's end is read: enough for most settlements to find the decision that they end. */
const contextBytes = 16 * 1024 * 1024;

/** Shows the last receipts of a file, and with `follow` each that is appended, until it is interrupted. */
export async function tail(path: string, options: TailOptions, terminal: Terminal): Promise<number> {
  const { out } = terminal;
  const show = writerOf(options, terminal);
  const open = new OpenActions();
  let ending: DecidedReceipt[] | null = [];
  const onCaughtUp = async (): Promise<void> => {
    for (const decided of ending?.slice(options.lines === 0 ? ending.length : -options.lines) ?? []) {
      await out.write(show(decided));
    }
    ending = null;
    await out.flush();
  };
  const follow = options.follow === true;
  const chunks = followedChunks(path, { before: contextBytes, follow, onCaughtUp });
  for await (const line of receiptLines(chunks)) {
    const decided = read(line, open, path);
    if (!isWanted(decided, options.run)) continue;
    if (ending === null) await out.write(show(decided));
    else ending.push(decided);
    if (ending !== null && ending.length > 2 * options.lines + 1024)
      ending = ending.slice(-options.lines - 1);
  }
  return good;
}

function read(line: Uint8Array, open: OpenActions, path: string): DecidedReceipt {
  try {
    const receipt = parseReceipt(line);
    return { receipt, decision: open.decisionOf(receipt) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(`${path} has a line that is ${message}`, { cause: error });
  }
}

/** Whether a receipt is of the run asked for, or of a child of it. */
function isWanted({ receipt: { body }, decision }: DecidedReceipt, run: string | undefined): boolean {
  if (run === undefined) return true;
  if (decision !== null) return decision.action.run === run || decision.action.root === run;
  return (body.type === "approval" || body.type === "stop") && body.run === run;
}

function writerOf({ json }: TailOptions, { paint, stdout }: Terminal): (decided: DecidedReceipt) => string {
  if (json === true) return ({ receipt }) => `${printableJson(receipt)}\n`;
  const style: TimelineStyle = {
    paint,
    width: stdout.isTTY ? Math.max(60, stdout.columns || 80) : Number.POSITIVE_INFINITY,
    time: (instant) => instant.slice(11, 23),
    label: ({ receipt: { body }, decision }) => {
      const run = decision?.action.run ?? ("run" in body ? body.run : "");
      return run.length > 8 ? `…${run.slice(-7)}` : run;
    },
  };
  return (decided) => timelineText(decided, style);
}
