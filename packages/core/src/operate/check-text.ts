import { InvalidConfig } from "../errors.ts";

/** Texts of people are for receipts, so they are as long as names there. @throws InvalidConfig */
export function checkText(field: string, text: unknown): void {
  if (typeof text === "string" && text !== "" && text.length <= 1024 && text.isWellFormed()) return;
  throw new InvalidConfig(field, "expected a text of 1 to 1,024 characters");
}
