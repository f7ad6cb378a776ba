import { memoryLog } from "@tollgate/core";
import { describe, it } from "vitest";
import { logLaws } from "../src/log-laws.ts";

describe("the memory log", () => {
  const make = () => {
    const log = memoryLog();
    return { open: () => log };
  };
  for (const { rule, check } of logLaws(make)) it(rule, check);
});
