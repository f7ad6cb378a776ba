import {
  type DecidedReceipt,
  decidedReceipts,
  formatAmount,
  printableJson,
  printableText,
} from "@tollgate/core/export";
import { checkedReceipts } from "../checked-receipts.ts";
import { CliError, good } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { grouped } from "../progress.ts";
import { RunSummaries, type RunSummary } from "../run-summary.ts";
import type { StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { type TimelineStyle, timelineText } from "../timeline-text.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";

/** What `tollgate show` was asked for. */
export interface ShowOptions extends TrustOptions, StoreOption {
  readonly run?: string;
  readonly json?: boolean;
}

/** Longer timelines of a run that nobody asked for by its id are not kept: there may be more runs to come. */
const keptReceipts = 20_000;

/** Shows the timeline of a run; without `--run` of the only one, or a list where there are several. */
export async function show(
  names: readonly string[],
  options: ShowOptions,
  terminal: Terminal,
): Promise<number> {
  const summaries = new RunSummaries();
  const view =
    options.run === undefined ? new AnyRun(options, terminal) : new OneRun(options, terminal, options.run);
  await withReceipts(names, options, terminal, async (source) => {
    for await (const decided of decidedReceipts(checkedReceipts(source, options))) {
      const run = summaries.add(decided);
      if (run !== null) await view.take(decided, run);
    }
  });
  await view.end(summaries.list());
  noteUnchecked(options, terminal);
  return good;
}

/** What is shown of receipts as they go by. */
interface View {
  take(decided: DecidedReceipt, run: string): Promise<void>;
  end(runs: readonly RunSummary[]): Promise<void>;
}

/** The timeline of the run that was asked for, by its own id or that of a child. */
class OneRun implements View {
  readonly #options: ShowOptions;
  readonly #terminal: Terminal;
  readonly #run: string;
  #start: number | null = null;

  constructor(options: ShowOptions, terminal: Terminal, run: string) {
    this.#options = options;
    this.#terminal = terminal;
    this.#run = run;
  }

  async take(decided: DecidedReceipt, run: string): Promise<void> {
    if (run !== this.#run && !isOf(decided, this.#run)) return;
    const { out } = this.#terminal;
    if (this.#options.json === true) return out.write(`${printableJson(decided.receipt)}\n`);
    if (this.#start === null) {
      this.#start = Date.parse(decided.receipt.body.time);
      await out.write(headText(this.#run, decided, this.#terminal));
    }
    await out.write(
      timelineText(decided, timelineStyle(this.#terminal, this.#start, this.#isChild(decided))),
    );
  }

  /** Whether it belongs to a child of the run shown. */
  #isChild({ receipt: { body }, decision }: DecidedReceipt): boolean {
    const run = decision?.action.run ?? ("run" in body ? body.run : this.#run);
    return run !== this.#run;
  }

  async end(runs: readonly RunSummary[]): Promise<void> {
    const { out, paint } = this.#terminal;
    const found = runs.find(({ run }) => run === this.#run);
    if (found === undefined && this.#start === null && this.#options.json !== true) {
      throw new CliError(
        `there is no run ${this.#run}: tollgate show without --run lists those that there are`,
      );
    }
    if (found !== undefined && this.#options.json !== true)
      await out.write(`\n${totalsText(found, paint)}\n`);
  }
}

/** The timeline of the only run, or the list of all. */
class AnyRun implements View {
  readonly #options: ShowOptions;
  readonly #terminal: Terminal;
  #only: string | null = null;
  #kept: DecidedReceipt[] | null = [];

  constructor(options: ShowOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
  }

  async take(decided: DecidedReceipt, run: string): Promise<void> {
    this.#only ??= run;
    if (run !== this.#only || (this.#kept?.length ?? 0) >= keptReceipts || this.#options.json === true) {
      this.#kept = null;
    }
    this.#kept?.push(decided);
  }

  async end(runs: readonly RunSummary[]): Promise<void> {
    const { out, paint } = this.#terminal;
    if (this.#options.json === true) {
      for (const run of runs) await out.write(`${printableJson(run)}\n`);
      return;
    }
    if (this.#kept === null || this.#only === null) {
      if (runs.length === 0) throw new CliError("no receipt in it belongs to a run");
      await out.write(tableText(runColumns, runs, paint));
      await out.write(`\n${paint("dim", "tollgate show --run <id> shows what one of them did")}\n`);
      return;
    }
    const one = new OneRun(this.#options, this.#terminal, this.#only);
    for (const decided of this.#kept) await one.take(decided, this.#only);
    await one.end(runs);
  }
}

/** Whether a receipt is of a run itself, whatever run that is a child of. */
function isOf({ receipt: { body }, decision }: DecidedReceipt, run: string): boolean {
  if (decision !== null) return decision.action.run === run;
  return (body.type === "approval" || body.type === "stop") && body.run === run;
}

const runColumns: readonly Column<RunSummary>[] = [
  { title: "RUN", text: ({ run }) => run },
  { title: "FOR", text: ({ subject }) => subjectText(subject) },
  { title: "STARTED (UTC)", text: ({ first }) => first.slice(0, 19).replace("T", " ") },
  { title: "TOOK", pad: "start", text: tookText },
  { title: "DECISIONS", pad: "start", text: ({ decisions }) => grouped(decisions) },
  { title: "REFUSED", pad: "start", text: ({ refused }) => grouped(refused) },
  { title: "BOOKED", pad: "start", text: ({ booked }) => formatAmount("usd", booked) },
  { title: "OPEN", pad: "start", text: ({ open }) => grouped(open) },
  { title: "", text: ({ stopped }) => (stopped === null ? "" : "stopped") },
];

function headText(run: string, { receipt: { body }, decision }: DecidedReceipt, { paint }: Terminal): string {
  const who = subjectText(decision?.action.subject ?? {});
  const head = `${paint("bold", `run ${printableText(run)}`)}${who === "" ? "" : ` for ${printableText(who)}`}`;
  return `${head}\n${paint("dim", `from ${body.time}, chain ${printableText(body.chain)}`)}\n\n`;
}

function totalsText(
  { decisions, refused, open, booked, stopped }: RunSummary,
  paint: Terminal["paint"],
): string {
  const parts = [
    `${grouped(decisions)} ${decisions === 1 ? "decision" : "decisions"}`,
    `${grouped(refused)} refused`,
    `${formatAmount("usd", booked)} booked`,
    ...(open === 0 ? [] : [paint("yellow", `${grouped(open)} without an end on record`)]),
    ...(stopped === null ? [] : [paint("red", "stopped")]),
  ];
  return parts.join(", ");
}

/** `alice, agent finance-bot`: the members of a subject that are there. */
function subjectText(subject: Readonly<Record<string, unknown>>): string {
  return ["tenant", "user", "agent", "role", "session"]
    .flatMap((name) => (typeof subject[name] === "string" ? [`${name}=${subject[name]}`] : []))
    .join(" ");
}

function tookText({ first, last }: RunSummary): string {
  return sinceText(Date.parse(last) - Date.parse(first));
}

function timelineStyle({ paint, stdout }: Terminal, start: number, nested: boolean): TimelineStyle {
  return {
    paint,
    nested,
    width: stdout.isTTY ? Math.max(60, stdout.columns || 80) : Number.POSITIVE_INFINITY,
    time: (instant) => `+${sinceText(Date.parse(instant) - start)}`,
  };
}

/** `0.491 s`, `2:05.100`, `1:02:05.100`. */
function sinceText(ms: number): string {
  const seconds = (ms % 60_000) / 1000;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  if (hours === 0 && minutes === 0) return `${seconds.toFixed(3)} s`;
  const rest = seconds.toFixed(3).padStart(6, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${minutes.toString().padStart(2, "0")}:${rest}`;
}
