import { describe, expect, it } from "vitest";
import { RunBook } from "./run-book.ts";

describe("the book of runs", () => {
  it("forgets the run that was opened longest ago, and keeps those reopened since", () => {
    const book = new RunBook();
    book.open("first", 0).steps = 1;
    book.open("second", 0).steps = 1;
    for (let index = 0; index < 9_998; index++) book.open(`run-${index}`, 0);
    expect(book.open("first", 0).steps).toBe(1);
    book.open("one more", 0);
    expect(book.open("second", 7)).toEqual({ startedAt: 7, steps: 0, calls: 0, spent: 0n });
    expect(book.open("first", 0).steps).toBe(1);
  });

  it("forgets the action that was asked for longest ago", () => {
    const book = new RunBook();
    book.repeat("r", "looping");
    for (let index = 0; index < 19_999; index++) book.repeat("r", `other-${index}`);
    expect(book.repeat("r", "looping")).toBe(2);
    for (let index = 0; index < 20_000; index++) book.repeat("r", `later-${index}`);
    expect(book.repeat("r", "looping")).toBe(1);
  });
});
