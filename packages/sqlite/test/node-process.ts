import { type NodeProcess, startNode } from "@tollgate/conformance/node-process";

/** Starts `name.process.ts` from this folder. */
export function startProcess(name: string, args: readonly (string | number)[]): NodeProcess {
  return startNode(new URL(`./${name}.process.ts`, import.meta.url), args);
}
