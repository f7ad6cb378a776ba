import { printableJson } from "@tollgate/core/export";
import { createKeyFile } from "@tollgate/core/node";
import { CliError, good, isTollgateError, systemCause } from "../cli-error.ts";
import type { Terminal } from "../terminal.ts";

/** Makes a signing key: the private half goes to a new file, the public one to stdout. */
export async function keygen(path: string, terminal: Terminal): Promise<number> {
  const { kid, publicKey } = newKey(path);
  await terminal.out.write(`${printableJson({ ...publicKey, kid })}\n`);
  terminal.note(
    `the private key is in ${path}: whoever reads it can sign; above is the public one, for verify --key`,
  );
  return good;
}

function newKey(path: string): ReturnType<typeof createKeyFile> {
  try {
    return createKeyFile(path);
  } catch (error) {
    // Its cause is the system's, which we know better words for.
    const cause = isTollgateError(error) ? (error.cause ?? error) : error;
    const isLost = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const why = isLost ? "there is no such folder" : systemCause(cause);
    throw new CliError(`cannot write the key to ${path}: ${why}`, { cause: error });
  }
}
