import { type Ledger, memoryLedger } from "@tollgate/core";

/** A ledger in memory that counts how often it is called, whatever for. */
export function watchedLedger(): { readonly ledger: Ledger; readonly calls: () => number } {
  let calls = 0;
  const ledger = new Proxy(memoryLedger(), {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        calls++;
        return member.apply(target, args);
      };
    },
  });
  return { ledger, calls: () => calls };
}
