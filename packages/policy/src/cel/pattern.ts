import { type CodePointTest, PatternFlaw, type PatternNode, readPattern } from "./read-pattern.ts";
import type { Meter } from "./scope.ts";

/** One step of the automaton: a character to be there, a fork, an anchor, or the end. */
type Step =
  | { readonly type: "one"; readonly test: CodePointTest; readonly next: number }
  | { readonly type: "fork"; readonly next: number; readonly other: number }
  | { readonly type: "begin" | "end"; readonly next: number }
  | { readonly type: "match" };

/** Where the automaton can be at once, and where each character leads from there. */
interface Place {
  readonly steps: readonly number[];
  readonly isMatch: boolean;
  readonly isMatchAtEnd: boolean;
  readonly leadsTo: Map<number, Place>;
}

const mostSteps = 2_000;
const mostPlaces = 500;
const mostLeads = 128;

/**
 * A pattern that finds out in time linear to the text whether it is anywhere in it: a Thompson automaton whose sets
 * of states are kept as they are met. No text and no pattern makes it try again.
 */
export class Pattern {
  readonly #steps: Step[] = [];
  readonly #places = new Map<string, Place>();
  readonly #from: number;

  /** @throws PatternFlaw for a pattern that is not of the known syntax, or too large. */
  constructor(source: string) {
    const end = this.#add({ type: "match" });
    this.#from = this.#build(readPattern(source), end);
  }

  /** Whether the pattern is found in the text. @throws TooManySteps */
  isIn(text: string, meter: Meter): boolean {
    let place = this.#place([this.#from], true, meter);
    for (let at = 0; at < text.length; ) {
      if (place.isMatch) return true;
      meter.spend(1);
      const codePoint = text.codePointAt(at) as number;
      place = place.leadsTo.get(codePoint) ?? this.#follow(place, codePoint, meter);
      at += codePoint > 0xffff ? 2 : 1;
    }
    return place.isMatchAtEnd;
  }

  #follow(place: Place, codePoint: number, meter: Meter): Place {
    const next = place.steps.flatMap((index) => {
      const step = this.#steps[index] as Step;
      return step.type === "one" && step.test(codePoint) ? [step.next] : [];
    });
    // It may begin anywhere.
    const led = this.#place([...next, this.#from], false, meter);
    if (place.leadsTo.size < mostLeads) place.leadsTo.set(codePoint, led);
    return led;
  }

  #place(from: readonly number[], isFirst: boolean, meter: Meter): Place {
    const steps = this.#reach(from, isFirst, false, meter);
    const key = `${isFirst} ${steps}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const has = (indexes: readonly number[]): boolean =>
      indexes.some((index) => this.#steps[index]?.type === "match");
    const place: Place = {
      steps,
      isMatch: has(steps),
      isMatchAtEnd: has(this.#reach(steps, isFirst, true, meter)),
      leadsTo: new Map(),
    };
    if (this.#places.size >= mostPlaces) this.#places.clear();
    this.#places.set(key, place);
    return place;
  }

  /** The steps that are reached without a character, in order. */
  #reach(from: readonly number[], isFirst: boolean, isLast: boolean, meter: Meter): readonly number[] {
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const step = this.#steps[index] as Step;
      if (step.type === "fork") open.push(step.next, step.other);
      else if ((step.type === "begin" && isFirst) || (step.type === "end" && isLast)) open.push(step.next);
    }
    meter.spend(seen.size);
    return [...seen].sort((a, b) => a - b);
  }

  #build(node: PatternNode, next: number): number {
    switch (node.type) {
      case "one":
        return this.#add({ type: "one", test: node.test, next });
      case "begin":
      case "end":
        return this.#add({ type: node.type, next });
      case "all":
        return node.parts.reduceRight((after, part) => this.#build(part, after), next);
      case "any":
        return node.parts
          .map((part) => this.#build(part, next))
          .reduceRight((other, first) => this.#add({ type: "fork", next: first, other }));
      case "repeat":
        return this.#repeat(node, next);
    }
  }

  #repeat({ part, least, most }: PatternNode & { type: "repeat" }, next: number): number {
    let after = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop = this.#add({ type: "match" });
      this.#steps[loop] = { type: "fork", next: this.#build(part, loop), other: next };
      after = loop;
    } else {
      for (let index = least; index < most; index++) {
        after = this.#add({ type: "fork", next: this.#build(part, after), other: next });
      }
    }
    for (let index = 0; index < least; index++) after = this.#build(part, after);
    return after;
  }

  #add(step: Step): number {
    if (this.#steps.length >= mostSteps) throw new PatternFlaw(0, "the pattern is too large");
    return this.#steps.push(step) - 1;
  }
}
