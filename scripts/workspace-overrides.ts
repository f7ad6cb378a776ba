import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./public-packages.ts";

/** The versions that pnpm-workspace.yaml holds dependencies at, for installs outside of the workspace. */
export function workspaceOverrides(): Readonly<Record<string, string>> {
  const [, section = ""] = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8").split(/^overrides:\n/m);
  const pins = [...section.matchAll(/^ {2}["']?([^\s"'#]+)["']?: (\S+)$/gm)];
  if (pins.length === 0) throw new Error("pnpm-workspace.yaml has no overrides that can be read");
  return Object.fromEntries(pins.map(([, name = "", version = ""]) => [name, version]));
}
