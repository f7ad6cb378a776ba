import { readFile } from "node:fs/promises";
import { parseDocument, Scalar, visit } from "yaml";
import { CliError, systemCause } from "./cli-error.ts";

/**
 * A policy document of AGT's as it stands in its file: JSON where the file is named so, else YAML.
 *
 * @throws CliError naming the file when it cannot be read or is neither.
 */
export async function readAgtPolicy(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(`cannot read the policy ${path}: ${systemCause(error)}`, { cause: error });
  });
  try {
    return path.endsWith(".json") ? JSON.parse(text) : fromYaml(text);
  } catch (error) {
    const [why] = error instanceof Error ? error.message.split("\n") : [];
    throw new CliError(`cannot read the policy ${path}: ${why}`, { cause: error });
  }
}

/** What AGT's reader of YAML takes for a number and others do not. */
const otherNumber = /^[-+]?(\d[\d_]*(\.[\d_]*)?(e[-+]?\d+)?|0[box][\da-f_]+)$/i;

/** As AGT reads it, which knows the types of JSON alone; what it would not read, with a tag of YAML's, neither. */
function fromYaml(text: string): unknown {
  const document = parseDocument(text, { schema: "core", version: "1.2", resolveKnownTags: false });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong !== undefined) throw wrong;
  visit(document, {
    Scalar(_, { type, value, source }) {
      if (type === Scalar.PLAIN && typeof value === "string" && otherNumber.test(value))
        throw new Error(`AGT reads ${source} as a number: write it in quotes, or in digits`);
    },
  });
  return document.toJS({ maxAliasCount: 100 });
}
