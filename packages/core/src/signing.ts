/** Signing keys and checkpoints: what goes beyond the key that a gate makes for itself. */
export type { CheckpointPlan, FollowedChain } from "./receipt/checkpoint-plan.ts";
export { type CheckpointOptions, checkpoints } from "./receipt/checkpoints.ts";
export { type EndorseOptions, endorse, withEndorsement } from "./receipt/endorse.ts";
export { jwkThumbprint } from "./receipt/jwk-thumbprint.ts";
export { createSigner, type SignerOptions } from "./receipt/local-signer.ts";
export { createPrivateJwk, type PrivateJwk, signerFromJwk } from "./receipt/private-jwk.ts";
export type { Endorsement, PublicJwk } from "./receipt/receipt.ts";
export { endorsedSigner, type RenewOptions, renewKeys } from "./receipt/renew-keys.ts";
export type { RootSigner } from "./receipt/root-signer.ts";
export type { Signer } from "./receipt/signer.ts";
