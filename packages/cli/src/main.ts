#!/usr/bin/env node
import { systemCause, trouble } from "./cli-error.ts";
import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal();

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read the pipe has seen enough, as with `head`.
    if (error.code === "EPIPE") process.exit();
    if (stream === process.stdout) terminal.note(`cannot write the output: ${systemCause(error)}`);
    process.exit(trouble);
  });
}

process.exitCode = await runCli(process.argv.slice(2), terminal);
