/**
 * The rooms of core and which rooms each may import from, besides itself.
 *
 * evaluate, pricing and ledger never meet; receipt knows nothing of the gate; the public entries do not
 * import each other.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  foundation: [],
  action: ["foundation"],
  evaluate: ["foundation", "action"],
  pricing: ["foundation", "action"],
  ledger: ["foundation", "action"],
  lease: ["foundation", "action", "ledger"],
  identity: ["foundation", "action"],
  receipt: ["foundation", "action", "evaluate", "pricing", "ledger"],
  export: ["foundation", "action", "receipt"],
  oversight: ["foundation", "action", "ledger", "receipt"],
  operate: ["foundation", "action", "ledger", "receipt", "oversight"],
  gate: ["foundation", "action", "identity", "evaluate", "pricing", "ledger", "receipt", "oversight"],
  node: ["foundation", "action", "evaluate", "pricing", "ledger", "receipt", "gate"],
  testing: ["foundation", "action", "evaluate", "pricing", "ledger", "receipt", "gate"],
  "language-model": ["foundation", "action", "gate"],
  adapter: ["foundation", "action", "gate", "language-model"],
  index: ["foundation", "action", "evaluate", "pricing", "ledger", "receipt", "oversight", "gate"],
  driver: ["foundation", "action", "ledger", "receipt", "oversight"],
  verify: ["foundation", "action", "receipt"],
  evaluators: ["foundation", "action", "evaluate"],
  "remote-evaluators": ["foundation", "action", "evaluate"],
  leases: ["foundation", "action", "ledger", "lease"],
  policy: ["foundation", "action", "pricing", "ledger", "gate"],
  signing: ["foundation", "action", "receipt"],
};

const source = "packages/core/src/";
const foundation: readonly string[] = ["errors.ts", "clock.ts", "awaitable.ts"];
const entries: readonly string[] = [
  "index.ts",
  "adapter.ts",
  "driver.ts",
  "verify.ts",
  "evaluators.ts",
  "remote-evaluators.ts",
  "leases.ts",
  "policy.ts",
  "signing.ts",
];

/** The room of a module of core; null when it stands in none. */
export function roomOf(path: string): string | null {
  const [first = "", ...rest] = path.slice(source.length).split("/");
  if (rest.length === 0) {
    if (foundation.includes(first)) return "foundation";
    return entries.includes(first) ? first.slice(0, -3) : null;
  }
  if (first === "codec") return "foundation";
  return first in rooms && first !== "foundation" && !entries.includes(`${first}.ts`) ? first : null;
}

/** Whether a module in room `from` may import one in room `to`. */
export function mayImport(from: string, to: string): boolean {
  return from === to || (rooms[from]?.includes(to) ?? false);
}
