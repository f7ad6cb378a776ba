import { createContext, Script } from "node:vm";
import { rolldown } from "rolldown";
import { beforeAll, describe, expect, it } from "vitest";
import { proveReceipt } from "../src/receipt/prove-receipt.ts";
import { verifyProof } from "../src/receipt/receipt-proof.ts";
import { verifyChain } from "../src/receipt/verify-chain.ts";
import { rootSigner, sampleLog } from "./sample-log.ts";

/** What a page does that only verifies: an auditor's, which must not be able to sign anything. */
const page = `
  import { verifyChain, verifyProof } from "@tollgate/core/verify";

  export async function chain(lines, options) { return JSON.stringify(await verifyChain(lines, options)); }
  export function proof(text, options) { return JSON.stringify(verifyProof(text, options)); }
`;

interface Page {
  chain(lines: readonly string[], options: object): Promise<string>;
  proof(text: string, options: object): string;
}

describe("the verifier in a browser", () => {
  const log = sampleLog();
  const options = { keys: [rootSigner().publicKey], closed: true };
  let code = "";
  let tollgate: Page;

  beforeAll(async () => {
    const bundle = await rolldown({
      input: "virtual:page",
      platform: "browser",
      resolve: { conditionNames: ["tollgate-source", "browser", "import", "default"] },
      plugins: [
        {
          name: "page",
          resolveId: (id) => (id === "virtual:page" ? `${import.meta.dirname}/page.js` : null),
          load: (id) => (id.endsWith("/page.js") ? page : null),
        },
      ],
    });
    const { output } = await bundle.generate({ format: "iife", name: "tollgate" });
    code = output[0].code;
    await bundle.close();
    const context = createContext({ TextEncoder, TextDecoder });
    new Script(`${code}; globalThis.tollgate = tollgate;`).runInContext(context);
    tollgate = context.tollgate as Page;
  });

  it("has nothing of Node's and nothing that signs", () => {
    expect(code).not.toMatch(/["']node:/);
    expect(code).not.toMatch(/createSigner|createSigningKey|createGate/);
  });

  it("reports the same as in Node, of a log that holds and of ones that do not", async () => {
    const logs = [
      log,
      log.toSpliced(4, 1),
      log.with(7, log[7]!.replace(/"sig":"(..)/, '"sig":"AB')),
      log.with(5, log[5]!.replace(/"note":"(..)/, '"note":"AB')),
    ];
    for (const lines of logs) {
      const here = await verifyChain(lines, options);
      expect(JSON.parse(await tollgate.chain(lines, options))).toEqual(here);
    }
    expect(await verifyChain(log, options)).toMatchObject({ verdict: "authentic" });
  });

  it("verifies a proof that was made in Node", async () => {
    const text = await proveReceipt(log, { chain: "main", seq: 5 });
    const here = verifyProof(text, options);
    expect(here.verdict).toBe("authentic");
    expect(JSON.parse(tollgate.proof(text, options))).toEqual(here);
    expect(JSON.parse(tollgate.proof(text.replace("index 5", "index 6"), options))).toMatchObject({
      verdict: "broken",
    });
  });
});
