import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** How the demo is to run. */
export interface DemoOptions {
  /** Where the receipts go. */
  readonly path: string;
  /** OpenAI's key; null for the mock server. */
  readonly apiKey: string | null;
}

const help = `usage: npm run demo [-- options]

  --live             call OpenAI with OPENAI_API_KEY, for one cent at most
  --receipts FILE    where the receipts go (default: receipts.jsonl)
  --help             show this
`;

/** Reads the command line; answers the exit code where there is nothing to run, having said why. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions | number {
  const refuse = (message: string): number => {
    process.stderr.write(`demo: ${message}\n`);
    return 2;
  };
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { live: { type: "boolean" }, receipts: { type: "string" }, help: { type: "boolean" } },
    });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const apiKey = values.live === true ? env.OPENAI_API_KEY : null;
    if (apiKey === undefined || apiKey === "") {
      return refuse("--live needs a key of OpenAI in OPENAI_API_KEY; without --live none is needed");
    }
    const root = fileURLToPath(new URL("../..", import.meta.url));
    return { path: resolve(values.receipts ?? `${root}/receipts.jsonl`), apiKey };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
