import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { decisionContent, noon, openChain, testSigner } from "../../test/sample-receipts.ts";
import { InvalidAction, VerificationError } from "../errors.ts";
import { SigningFailed } from "./sign-body.ts";
import type { Signer } from "./signer.ts";
import { verifyChain } from "./verify-chain.ts";

const sound = testSigner();

/** A chain whose signer is sound for its first receipt and then does as told. */
function chainSignedBy(sign: (bytes: Uint8Array) => unknown) {
  let isOpen = false;
  const signer: Signer = {
    ...sound,
    sign: (bytes) => (isOpen ? (sign(bytes) as Uint8Array) : sound.sign(bytes)),
  };
  const opened = openChain({ signer });
  isOpen = true;
  return opened;
}

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.unreachable("nothing was thrown");
}

describe("signing", () => {
  it.each<[string, (bytes: Uint8Array) => unknown, string]>([
    ["a promise", async (bytes) => sound.sign(bytes), "at once, not a promise"],
    ["too few bytes", (bytes) => sound.sign(bytes).subarray(1), "63 bytes"],
    ["too many bytes", () => new Uint8Array(65), "65 bytes"],
    ["nothing", () => undefined, "undefined"],
    ["null", () => null, "null"],
    ["text", () => "x".repeat(64), 'not "xxx'],
    ["a list of numbers", (bytes) => [...sound.sign(bytes)], "not a list"],
    ["another view of 64 bytes", () => new Uint16Array(32), "64 bytes"],
  ])("fails where the signer answers %s, and leaves the chain as it was", (_, sign, what) => {
    const { chain } = chainSignedBy(sign);
    const { head } = chain;
    const failure = failureOf(() => chain.seal(decisionContent(), noon));
    expect(failure).toBeInstanceOf(SigningFailed);
    expect(failure).toBeInstanceOf(VerificationError);
    expect((failure as Error).message).toContain(what);
    expect(chain.head).toEqual(head);
  });

  it("leaves no rejection unhandled when a signer's promise fails", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { chain } = chainSignedBy(() => Promise.reject(new Error("no such key")));
    expect(() => chain.seal(decisionContent(), noon)).toThrow(SigningFailed);
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([
    ["an error", new Error("the key is gone"), "the key is gone"],
    ["an error that looks like the content's", new InvalidAction("bad key"), "bad key"],
    ["no error", "gone", "gone"],
  ])("fails with the signer's reason when it throws %s", (_, cause, message) => {
    const { chain } = chainSignedBy(() => {
      throw cause;
    });
    expect(failureOf(() => chain.seal(decisionContent(), noon))).toMatchObject({
      name: "SigningFailed",
      code: "verification_failed",
      message,
      cause,
    });
  });

  it("does not take the blame for content that cannot be sealed", () => {
    const sign = vi.fn();
    const { chain } = chainSignedBy(sign);
    const failure = failureOf(() => chain.seal(decisionContent({ run: "\ud800" }), noon));
    expect(failure).toBeInstanceOf(InvalidAction);
    expect(sign).not.toHaveBeenCalled();
  });

  it("takes the bytes of another realm", async () => {
    const OtherBytes: typeof Uint8Array = runInNewContext("Uint8Array");
    const { chain, opening } = chainSignedBy((bytes) => OtherBytes.from(sound.sign(bytes)));
    const entry = chain.seal(decisionContent(), noon);
    expect(await verifyChain([opening.json, entry.json])).toMatchObject({ verdict: "bound", receipts: 2 });
  });
});
