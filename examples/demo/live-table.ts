import { styleText } from "node:util";
import type { Receipt } from "@tollgate/core";
import { createLogUpdate } from "log-update";
import { money, usdOf } from "./money.ts";
import type { Screen } from "./screen.ts";

/** One call, or all that were refused, by its receipts. */
interface Row {
  readonly from: number;
  to: number;
  /** The id of the decision; null for refused ones. */
  readonly id: string | null;
  readonly reserved: bigint;
  /** What was booked; null before that. */
  cost: bigint | null;
  source: string | null;
  left: bigint;
  note: string;
}

/**
 * A table of model calls that is drawn from nothing but the gate's receipts, as they are written.
 *
 * On a terminal it is drawn anew with each receipt; on a pipe each row is printed once, when it is complete.
 */
export class LiveTable {
  readonly #stream: NodeJS.WriteStream;
  readonly #screen: Screen;
  readonly #live: ReturnType<typeof createLogUpdate> | null;
  readonly #rows: Row[] = [];
  readonly #limit: bigint;
  #spent = 0n;
  #held = 0n;
  #calls = 0;
  #printed = 0;
  #ended = false;

  constructor(stream: NodeJS.WriteStream, screen: Screen, limit: bigint) {
    this.#stream = stream;
    this.#screen = screen;
    this.#live = stream.isTTY && process.env.TERM !== "dumb" ? createLogUpdate(stream) : null;
    this.#limit = limit;
    if (this.#live === null) stream.write(`${header}\n`);
  }

  /** Takes the gate's next receipt. */
  take({ body }: Receipt): void {
    if (this.#ended) return;
    if (body.type === "decision" && body.action.kind === "llm") {
      this.#print("complete");
      this.#calls += 1;
      if (body.reservation === null) {
        this.#refused(body.decision.code);
      } else {
        const reserved = usdOf(body.claims);
        this.#held += reserved;
        this.#add({ id: body.id, reserved, note: String(body.action.subject.agent ?? "") });
      }
    } else if (body.type === "settlement") {
      const row = this.#rows.find(({ id }) => id === body.decision);
      if (row === undefined) return;
      row.cost = body.outcome === "settled" ? usdOf(body.amounts) : 0n;
      this.#held -= row.reserved;
      this.#spent += row.cost;
      row.left = this.#left();
      row.source = body.source ?? null;
      if (row.source === "estimated") row.note += ": no usage came, so estimated";
    }
    this.#draw();
  }

  /** The calls that were let through. */
  get calls(): readonly Readonly<Row>[] {
    return this.#rows.filter(({ id }) => id !== null);
  }

  /** Says what became of the latest call. */
  note(text: string): void {
    const row = this.#rows.at(-1);
    if (row !== undefined) row.note = text;
    this.#draw();
  }

  /** Ends the table; what follows is written below it. */
  end(): void {
    this.#ended = true;
    this.#draw();
    this.#live?.done();
    this.#print("all");
    this.#stream.write(this.#live === null ? `\n${this.#footer()}\n\n` : "\n");
  }

  #refused(code: string): void {
    const last = this.#rows.at(-1);
    if (last !== undefined && last.id === null) last.to = this.#calls;
    else this.#add({ id: null, reserved: 0n, note: `refused: ${code}` });
  }

  #add(row: Pick<Row, "id" | "reserved" | "note">): void {
    const number = this.#calls;
    this.#rows.push({ ...row, from: number, to: number, cost: null, source: null, left: this.#left() });
  }

  #left(): bigint {
    return this.#limit - this.#spent - this.#held;
  }

  #draw(): void {
    this.#live?.([header, ...this.#rows.map((row) => this.#line(row)), "", this.#footer()].join("\n"));
  }

  /** On a pipe: prints the next rows, as far as nothing about them can change any more. */
  #print(which: "complete" | "all"): void {
    if (this.#live !== null) return;
    for (let row = this.#rows[this.#printed]; row !== undefined; row = this.#rows[this.#printed]) {
      if (row.cost === null && which === "complete") return;
      this.#printed += 1;
      this.#stream.write(`${this.#line(row)}\n`);
    }
  }

  /** The budget as a bar: what is spent, held and left of it. */
  #footer(): string {
    const text = `  ${money(this.#spent)} of ${money(this.#limit)} spent`;
    const length = Math.max(0, Math.min(30, this.#screen.room() - text.length - 2));
    const cells = (amount: bigint): number =>
      Math.min(length, Number((amount * BigInt(length)) / this.#limit));
    const spent = cells(this.#spent);
    const held = cells(this.#spent + this.#held) - spent;
    const bar = [
      styleText("green", "█".repeat(spent)),
      styleText("yellow", "▒".repeat(held)),
      styleText("dim", "░".repeat(length - spent - held)),
    ];
    return `  ${bar.join("")}${text}`;
  }

  #line({ from, to, id, reserved, cost, left, note }: Row): string {
    const number = (from === to ? `${from}` : `${from}-${to}`).padStart(7);
    const numbers = [id === null ? none : money(reserved), cost === null ? none : money(cost), money(left)];
    // Decimal points stand below each other.
    const cells = `${number}${numbers.map((text) => `   ${text.padEnd(7)}`).join("")}`;
    const room = this.#screen.room() - cells.length - 3;
    const shown = note.length <= room ? note : room < 4 ? "" : `${note.slice(0, room - 1)}…`;
    const line = `${cells}  ${shown}`.trimEnd();
    return id === null ? styleText("red", line) : cost === null ? styleText("yellow", line) : line;
  }
}

const none = "   -";
const header: string = styleText("dim", "   call   reserved  cost      left");
