import { describe } from "../action/config-values.ts";
import { nearestName } from "../action/nearest-name.ts";
import { InvalidConfig } from "../errors.ts";

/**
 * Reads the name of a time zone that this machine knows, such as `Europe/Berlin` or `UTC`.
 *
 * Offsets such as `+02:00` are refused: they do not follow summer time, which is what a budget's day means.
 *
 * @throws InvalidConfig naming `field` and the zone that was probably meant.
 */
export function readTimeZone(input: unknown, field: string): string {
  if (typeof input === "string" && /^[A-Za-z]/.test(input) && exists(input)) return input;
  const meant =
    typeof input === "string" ? nearestName(input, ["UTC", ...Intl.supportedValuesOf("timeZone")]) : null;
  throw new InvalidConfig(
    field,
    `${describe(input)} is not a time zone; ${
      meant === null ? `use an IANA name such as "Europe/Berlin" or "UTC"` : `did you mean "${meant}"?`
    }`,
  );
}

function exists(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
