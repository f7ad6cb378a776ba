import type { ReceiptLog } from "@tollgate/core";
import type { Fault } from "./fault.ts";

/** A receipt log that a fault may strike. */
export function faultyLog(sound: ReceiptLog, fault: Fault): ReceiptLog {
  return {
    append: (entry) => fault.call("log.append", () => sound.append(entry)),
    head: (chain) => fault.call("log.head", () => sound.head(chain)),
    read: (query) => sound.read(query),
    heads: () => fault.call("log.heads", () => sound.heads?.() ?? []),
  };
}
