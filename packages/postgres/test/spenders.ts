import type { NodeProcess } from "@tollgate/conformance/node-process";
import { startProcess } from "./node-process.ts";
import type { Told } from "./spend.ts";

/** A process that spends. */
export interface Spender extends Pick<NodeProcess, "kill" | "ended"> {
  /** Resolves when something was settled, or it has ended. */
  readonly begun: Promise<void>;
}

/** Starts a process that spends, and hands on what it is told. */
export function startSpender(args: readonly string[], tell: (told: Told) => void): Spender {
  let begin: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { kill, ended } = startProcess("spender", args, (line) => {
    const told: Told = JSON.parse(line);
    tell(told);
    if (told.what === "settled") begin();
  });
  return { kill, ended, begun: Promise.race([settled, ended.then(() => undefined)]) };
}
