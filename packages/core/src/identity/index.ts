/** Who acts, by a credential that is verified: for `createGate({ identity })`. */
export { createIdentity } from "./create-identity.ts";
export type {
  CallerField,
  Holder,
  Identity,
  IdentityRefusal,
  InTime,
  Unverified,
  Verified,
  VerifyCredential,
} from "./identity.ts";
export type { ReplayStore } from "./replay-store.ts";
