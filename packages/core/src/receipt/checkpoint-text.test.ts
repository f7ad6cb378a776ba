import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { chainOrigin, formatCheckpoint, parseCheckpoint } from "./checkpoint-text.ts";
import { MerkleFrontier } from "./merkle.ts";

const head = { origin: "tollgate/main", size: 0, root: new MerkleFrontier().root() };
const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

describe("the text of a checkpoint", () => {
  it("is origin, size and root, a line each", () => {
    expect(formatCheckpoint(head)).toBe(`tollgate/main\n0\n${root}\n`);
    expect(parseCheckpoint(formatCheckpoint(head))).toEqual(head);
  });

  it("may have more lines, which say nothing here", () => {
    expect(parseCheckpoint(`a b\n7\n${root}\nmore\n`)).toEqual({ ...head, origin: "a b", size: 7 });
  });

  it.each([
    ["nothing", ""],
    ["no origin", `\n0\n${root}\n`],
    ["no root", "a\n0\n"],
    ["no line feed at its end", `a\n0\n${root}`],
    ["an empty line", `a\n0\n${root}\n\nmore\n`],
    ["no size", `a\n\n${root}\n`],
    ["a leading zero", `a\n01\n${root}\n`],
    ["a sign", `a\n-1\n${root}\n`],
    ["a size beyond 2^53 - 1", `a\n9007199254740992\n${root}\n`],
    ["a root of another length", "a\n0\nAAAA\n"],
    ["a root without padding", `a\n0\n${root.slice(0, -1)}\n`],
  ])("is none when it has %s", (_what, text) => {
    expect(() => parseCheckpoint(text)).toThrow(VerificationError);
  });
});

describe("a chain's origin", () => {
  it("is its name under tollgate/, where that can name a key", () => {
    expect(chainOrigin("main")).toBe("tollgate/main");
    expect(chainOrigin("a b")).toBeNull();
    expect(chainOrigin("a+b")).toBeNull();
    expect(chainOrigin("a\nb")).toBeNull();
  });
});
