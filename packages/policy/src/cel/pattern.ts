import { type CodePoints, isOneOf } from "./code-points.ts";
import { PatternFlaw, type PatternNode, readPattern } from "./read-pattern.ts";
import type { Meter } from "./scope.ts";

/** One step of the automaton: a character to be there, a fork, an anchor, or the end. */
type Step =
  | { readonly type: "one"; readonly points: CodePoints; readonly next: number }
  | { readonly type: "fork"; readonly next: number; readonly other: number }
  | { readonly type: "begin" | "end"; readonly next: number }
  | { readonly type: "match" };

/** Where the automaton can be at once, and where each character leads from there. */
interface Place {
  readonly steps: readonly number[];
  readonly isMatch: boolean;
  readonly isMatchAtEnd: boolean;
  readonly edges: Map<number, Edge>;
  /** When it was last entered, and how many of its edges were paid for since then. */
  turn: number;
  paid: number;
}

interface Edge {
  readonly to: Place;
  turn: number;
}

/** The largest automaton. */
const mostSteps = 2_000;
/** How many pieces it is made of at most, whether they add a step or not. */
const mostBuilt = 10_000;
/** How many places, and edges of each, are made use of again while one text is looked through. */
const mostPlaces = 500;
const mostEdges = 128;
/** What it costs to work out where a character leads, besides what each step that is tried costs. */
const edgeSteps = 8;
/** How many edges may be kept for the next text. */
const mostKept = 256;

/**
 * A pattern that finds out in time linear to the text whether it is anywhere in it: a Thompson automaton whose sets
 * of states are kept as they are met. No text and no pattern makes it try again.
 *
 * What is kept from one text to the next saves time, but is paid for anew: a text costs the same whatever came before.
 */
export class Pattern {
  readonly #steps: Step[] = [];
  readonly #places = new Map<string, Place>();
  readonly #from: number;
  readonly #foldCase: boolean;
  #built = 0;
  #turn = 0;
  #entered = 0;
  #edges = 0;

  /** @throws PatternFlaw for a pattern that is not of the known syntax, or too large. */
  constructor(source: string) {
    const end = this.#add({ type: "match" });
    const { node, foldCase } = readPattern(source);
    this.#foldCase = foldCase;
    this.#from = this.#build(node, end);
  }

  /** Whether the pattern is found in the text. @throws TooManySteps */
  isIn(text: string, meter: Pick<Meter, "spend">): boolean {
    if (this.#edges > mostKept) this.#forget();
    this.#turn += 1;
    this.#entered = 0;
    let place = this.#enter(this.#place([this.#from], true), meter);
    for (let at = 0; at < text.length; ) {
      if (place.isMatch) return true;
      meter.spend(1);
      const codePoint = text.codePointAt(at) as number;
      const edge = place.edges.get(codePoint);
      place = edge?.turn === this.#turn ? edge.to : this.#follow(place, codePoint, edge, meter);
      at += codePoint > 0xffff ? 2 : 1;
    }
    return place.isMatchAtEnd;
  }

  /** Goes along an edge that is not paid for. */
  #follow(place: Place, codePoint: number, edge: Edge | undefined, meter: Pick<Meter, "spend">): Place {
    meter.spend((place.steps.length + edgeSteps) << 3);
    const to = edge?.to ?? this.#next(place, codePoint);
    if (place.paid < mostEdges) {
      place.paid += 1;
      if (edge === undefined) {
        place.edges.set(codePoint, { to, turn: this.#turn });
        this.#edges += 1;
      } else edge.turn = this.#turn;
    }
    return this.#enter(to, meter);
  }

  #enter(place: Place, meter: Pick<Meter, "spend">): Place {
    meter.spend((place.steps.length + 1) << 3);
    if (place.turn === this.#turn) return place;
    if (this.#entered === mostPlaces) {
      this.#forget();
      this.#turn += 1;
      this.#entered = 0;
    }
    place.turn = this.#turn;
    place.paid = 0;
    this.#entered += 1;
    return place;
  }

  #forget(): void {
    this.#places.clear();
    this.#edges = 0;
  }

  #next(place: Place, codePoint: number): Place {
    const forms = this.#foldCase ? formsOf(codePoint) : [codePoint];
    const next = place.steps.flatMap((index) => {
      const step = this.#steps[index] as Step;
      return step.type === "one" && isOneOf(step.points, forms) ? [step.next] : [];
    });
    // It may begin anywhere.
    return this.#place([...next, this.#from], false);
  }

  #place(from: readonly number[], isFirst: boolean): Place {
    const steps = this.#reach(from, isFirst, false);
    const key = `${isFirst} ${steps}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const has = (indexes: readonly number[]): boolean =>
      indexes.some((index) => this.#steps[index]?.type === "match");
    const place: Place = {
      steps,
      isMatch: has(steps),
      isMatchAtEnd: has(this.#reach(steps, isFirst, true)),
      edges: new Map(),
      turn: 0,
      paid: 0,
    };
    this.#places.set(key, place);
    return place;
  }

  /** The steps that are reached without a character, in order. */
  #reach(from: readonly number[], isFirst: boolean, isLast: boolean): readonly number[] {
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const step = this.#steps[index] as Step;
      if (step.type === "fork") open.push(step.next, step.other);
      else if ((step.type === "begin" && isFirst) || (step.type === "end" && isLast)) open.push(step.next);
    }
    return [...seen].sort((a, b) => a - b);
  }

  #build(node: PatternNode, next: number): number {
    // Counted apart from the steps: what is empty adds none, however often it is repeated.
    this.#built += 1;
    if (this.#built > mostBuilt) throw new PatternFlaw(0, "the pattern is too large");
    switch (node.type) {
      case "one":
        return this.#add({ type: "one", points: node.points, next });
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

/** A character as it is, in lower and in upper case. */
function formsOf(codePoint: number): readonly number[] {
  const char = String.fromCodePoint(codePoint);
  return [char, char.toLowerCase(), char.toUpperCase()].map((form) => form.codePointAt(0) as number);
}
