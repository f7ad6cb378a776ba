import { CliError } from "./cli-error.ts";

/**
 * Loads code that is only there when the user has installed its packages.
 *
 * `load` imports them, `names` are theirs, and `purpose` says what they are needed for.
 *
 * @throws CliError saying what to install when one of them is missing.
 */
export async function optionalPackage<Module>(
  load: () => Promise<Module>,
  names: readonly string[],
  purpose: string,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const message = error instanceof Error ? error.message : "";
    if (code === "ERR_MODULE_NOT_FOUND" && names.some((name) => message.includes(`'${name}'`))) {
      throw new CliError(`${purpose} needs a package more: npm install ${names.join(" ")}`, { cause: error });
    }
    if (code === "ERR_UNKNOWN_BUILTIN_MODULE") {
      throw new CliError(`${purpose} needs Node 22.13 or later; this is ${process.version}`, {
        cause: error,
      });
    }
    throw error;
  }
}
