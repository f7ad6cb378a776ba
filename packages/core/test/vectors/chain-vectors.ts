import { adjustmentCases } from "./adjustment-cases.ts";
import { chainTests } from "./chain-case.ts";
import { chainCases } from "./chain-cases.ts";
import { checkpointCases } from "./checkpoint-cases.ts";
import { endorsementCases } from "./endorsement-cases.ts";
import { rotationCases } from "./rotation-cases.ts";
import { settlementCases } from "./settlement-cases.ts";
import { signatureCases } from "./signature-cases.ts";
import { trimmedCases } from "./trimmed-cases.ts";
import { trimmedMeaningCases } from "./trimmed-meaning-cases.ts";
import type { VectorFileContent } from "./vector-file.ts";

const header: readonly string[] = [
  "VerifyChain: verify 'lines' (each without its line feed) under 'options', and stop at the first that does not hold.",
  "'report' is all that there is to say: the verdict, how many receipts held, the chains so far, the decisions that are open, and the break.",
  "A test is valid when the verdict is 'authentic' or 'bound'; else 'reason' is that of the break.",
];

/** Whole chains: their order, times, signatures, and what receipts mean to each other. */
export async function chainVectors(): Promise<VectorFileContent> {
  return {
    algorithm: "Chains",
    header,
    notes: {
      Adjustments: "What a person added to what was spent is a link of its chain like any other.",
      Amounts: "Whatever is booked above a claim must be its overage, and there may be no other overage.",
      Ends: "A cut end shows only against what somebody saw, or where every chain must be closed.",
      FirstKey: "A chain starts with the receipt of its own key, signed by that key.",
      Fork: "Two receipts for one place that the chain's keys signed: two histories were told.",
      Pairs: "A settlement ends one decision that is open, wherever in the stream that stands.",
      Place: "Receipts count from 0 without gaps, each with the digest of the one before it.",
      Signature: "Each receipt is signed by the key that the chain goes on under.",
      Streams: "Several chains may share one stream; each is checked on its own.",
      Time: "Times do not go back behind the latest one so far, but for a tolerance.",
      Trust: "Without trusted keys the best verdict is 'bound': whoever wrote it may have written all of it.",
      Unreadable: "Nobody can say to which chain such a line belongs, unless only one was seen.",
    },
    groups: [
      {
        type: "VerifyChain",
        tests: await chainTests([...chainCases, ...signatureCases, ...settlementCases, ...adjustmentCases]),
      },
    ],
  };
}

/** Chains whose keys change, or are vouched for. */
export async function rotationVectors(): Promise<VectorFileContent> {
  return {
    algorithm: "Keys of chains",
    header,
    notes: {
      BadEndorsement: "An endorsement is checked wherever one stands, whether or not trust rests on it.",
      Endorsement: "A root vouches for a key, from one time to another, and perhaps for one chain only.",
      Revocation:
        "A key that was revoked signs nothing from then on; nor does one that rests on a revoked root.",
      Rotation: "A key receipt names the key that the chain goes on under; the key before it signs that.",
    },
    groups: [{ type: "VerifyChain", tests: await chainTests([...rotationCases, ...endorsementCases]) }],
  };
}

/** Chains with checkpoints. */
export async function checkpointVectors(): Promise<VectorFileContent> {
  return {
    algorithm: "Checkpoints",
    header,
    notes: {
      BadCheckpoint:
        "A checkpoint is of exactly the receipts before it; its note is signed by the chain's key.",
      Checkpoint: "The root is that of RFC 6962, over the lines of the chain's receipts before it.",
      Heads: "A checkpoint names where other chains ended; they must come, and come to that.",
    },
    groups: [{ type: "VerifyChain", tests: await chainTests(checkpointCases) }],
  };
}

/** Chains whose beginnings were dropped. */
export async function trimmedVectors(): Promise<VectorFileContent> {
  return {
    algorithm: "Trimmed chains",
    header,
    notes: {
      Trimmed: "What is left of a chain is its keys, and all from one of its checkpoints on.",
      TrimmedAnchor:
        "The checkpoint that the rest begins with is signed by the key in force, and sound but for its root.",
      TrimmedEndings:
        "A settlement may be of a decision that was dropped, but of each one there is only one.",
      TrimmedGap:
        "Nothing else may be missing, stand twice or out of order, and never without being asked for.",
      TrimmedHeads: "What somebody saw has to be there from the anchor on, and among the keys that are.",
      TrimmedKeys: "Each key that is kept is signed by the one before it.",
      TrimmedStreams: "Each chain of a stream may lack its own beginning.",
    },
    groups: [{ type: "VerifyChain", tests: await chainTests([...trimmedCases, ...trimmedMeaningCases]) }],
  };
}
