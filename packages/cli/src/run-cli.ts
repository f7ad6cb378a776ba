import { CommanderError } from "commander";
import { broken, CliError, good, isTollgateError, trouble } from "./cli-error.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command line and answers its exit code; whatever fails is told in one line on stderr. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = good;
  try {
    await createProgram(terminal, (ended) => {
      code = ended;
    }).parseAsync([...args], { from: "user" });
  } catch (error) {
    code = tell(error, terminal);
  }
  await terminal.out.flush();
  return code;
}

/** Tells of a failure, and answers the exit code that it ends with. */
function tell(error: unknown, terminal: Terminal): number {
  // Commander has told already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? good : trouble;
  if (error instanceof CliError) {
    terminal.note(error.message);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isTollgateError(error)) {
    terminal.note(message);
    return error.code === "verification_failed" ? broken : trouble;
  }
  terminal.note(`failed unexpectedly: ${message}`);
  return trouble;
}
