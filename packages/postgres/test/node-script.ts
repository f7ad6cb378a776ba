import { fileURLToPath } from "node:url";

/** How to start a script of this folder in a process of its own. */
export function script(name: string): readonly string[] {
  return ["--conditions=tollgate-source", fileURLToPath(new URL(name, import.meta.url))];
}

/** The environment of such a process: without what vitest tells its own. */
export const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS"),
);
