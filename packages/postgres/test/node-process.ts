import { type NodeProcess, startNode } from "@tollgate/conformance/node-process";

/** Starts `name.process.ts` from this folder, and hands on each line that it writes. */
export function startProcess(
  name: string,
  args: readonly string[],
  hear?: (line: string) => void,
): NodeProcess {
  return startNode(new URL(`./${name}.process.ts`, import.meta.url), args, hear);
}
