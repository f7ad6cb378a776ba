import { InvalidAction } from "../errors.ts";

/** Checks a run's id. @throws InvalidAction */
export function readRunId(id: unknown): string {
  if (typeof id === "string" && /^[\x21-\x7e]{1,128}$/.test(id)) return id;
  throw new InvalidAction("a run's id is 1 to 128 printable ASCII characters without spaces");
}
