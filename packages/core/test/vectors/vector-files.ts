import { actionDigestVectors } from "./action-digest-vectors.ts";
import { canonicalJsonVectors } from "./canonical-json-vectors.ts";
import { chainVectors, checkpointVectors, rotationVectors, trimmedVectors } from "./chain-vectors.ts";
import { decisionVectors } from "./decision-vectors.ts";
import { base64urlGroup, signingInputGroup } from "./encoding-vectors.ts";
import { makeReceiptSchemas } from "./json-schemas.ts";
import { proofVectors } from "./proof-vectors.ts";
import { receiptVectors } from "./receipt-vectors.ts";
import { ed25519Groups, ed25519Notes, keyGroups } from "./signature-vectors.ts";
import { type VectorFileContent, writeVectorFile } from "./vector-file.ts";
import { makeVectorSchemas } from "./vector-schemas.ts";

/** Signatures and what they are made of. */
function signatureVectors(): VectorFileContent {
  return {
    algorithm: "Signatures",
    header: [
      "Ed25519Verify: whether 'sig' (hex) is a signature of 'msg' (hex) under the group's key.",
      "SigningInput: whether 'hex' is what is signed for 'payload' under 'payloadType'.",
      "KeyThumbprint: whether 'kid' is the thumbprint of 'jwk', and 'jwk' a key at all.",
      "Base64url: whether 'text' is the base64url form of some bytes, and of which ('hex').",
    ],
    notes: {
      ...ed25519Notes,
      Base64url: "RFC 4648, section 5, without padding; each value has one text only.",
      SigningInput: "DSSE 1.0.2, pre-authentication encoding: lengths are in bytes.",
      Thumbprint: "RFC 7638, with the members of RFC 8037, appendix A.3.",
    },
    groups: [...ed25519Groups(), signingInputGroup(), ...keyGroups(), base64urlGroup()],
  };
}

/** All files of vectors: their texts by path below `test_vectors`. */
export async function makeVectorFiles(): Promise<ReadonlyMap<string, string>> {
  const contents: Readonly<Record<string, VectorFileContent>> = {
    canonical_json: canonicalJsonVectors(),
    action_digest: actionDigestVectors(),
    signatures: signatureVectors(),
    receipts: receiptVectors(),
    chains: await chainVectors(),
    key_rotation: await rotationVectors(),
    checkpoints: await checkpointVectors(),
    trimmed_chains: await trimmedVectors(),
    proofs: await proofVectors(),
    decisions: await decisionVectors(),
  };
  const files = Object.entries(contents).map(
    ([name, content]) => [`${name}.json`, writeVectorFile(name, content)] as const,
  );
  const schemas = [...makeReceiptSchemas()].map(([name, text]) => [`schemas/${name}`, text] as const);
  const shapes = [...makeVectorSchemas()].map(([name, text]) => [`schemas/vectors/${name}`, text] as const);
  return new Map([...files, ...schemas, ...shapes]);
}
