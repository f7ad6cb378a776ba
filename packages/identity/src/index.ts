/** Who acts, by a signed token: for `createGate({ identity })`. */
export type { ReplayStore } from "@tollgate/core/identity";
export type { ClaimSource, ClaimSources } from "./claim-sources.ts";
export { jwtIdentity } from "./jwt-identity.ts";
export type { JwtAlgorithm, JwtIdentityOptions, TokenHolder } from "./jwt-identity-options.ts";
export { type MemoryReplaysOptions, memoryReplays } from "./memory-replays.ts";
export type { SpiffeOptions } from "./spiffe-id.ts";
