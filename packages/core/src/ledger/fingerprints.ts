/** How full a table may get before it grows: linear probing stays short below three quarters. */
const maxLoad = 0.75;
const firstSlots = 64;

/**
 * Remembers texts by 64-bit fingerprints, in bounded memory outside the heap.
 *
 * Holds at least the last `generation` texts and at most twice as many, at up to 22 bytes each; the older
 * half is forgotten at once. A text never added is found with a probability of about 2^-44 at a million
 * held. Seeded, so that nobody can prepare texts that collide.
 */
export class Fingerprints {
  readonly #generation: number;
  readonly #seeds: readonly [number, number];
  #current = new Table(firstSlots);
  #previous = new Table(0);

  constructor(generation: number) {
    this.#generation = generation;
    this.#seeds = [randomWord(), randomWord()];
  }

  /** How many texts are held. */
  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  has(text: string): boolean {
    if (this.size === 0) return false;
    const [high, low] = fingerprint(text, this.#seeds);
    return this.#current.has(high, low) || this.#previous.has(high, low);
  }

  add(text: string): void {
    if (this.#current.size >= this.#generation) {
      this.#previous = this.#current;
      this.#current = new Table(this.#previous.slots);
    }
    if (this.#current.size + 1 > this.#current.slots * maxLoad) this.#current = this.#current.doubled();
    const [high, low] = fingerprint(text, this.#seeds);
    this.#current.add(high, low);
  }
}

/** An open-addressing hash set of pairs of 32-bit words; (0, 0) marks an empty slot. */
class Table {
  readonly slots: number;
  readonly #words: Uint32Array;
  size = 0;

  /** @param slots - a power of two, or 0 for a set that stays empty. */
  constructor(slots: number) {
    this.slots = slots;
    this.#words = new Uint32Array(slots * 2);
  }

  has(high: number, low: number): boolean {
    if (this.size === 0) return false;
    const at = this.#find(high, low);
    return this.#words[at] === high && this.#words[at + 1] === low;
  }

  add(high: number, low: number): void {
    const at = this.#find(high, low);
    if (this.#words[at] === 0 && this.#words[at + 1] === 0) this.size += 1;
    this.#words[at] = high;
    this.#words[at + 1] = low;
  }

  doubled(): Table {
    const table = new Table(this.slots * 2);
    for (let at = 0; at < this.#words.length; at += 2) {
      const high = this.#words[at] ?? 0;
      const low = this.#words[at + 1] ?? 0;
      if (high !== 0 || low !== 0) table.add(high, low);
    }
    return table;
  }

  /** Where the pair is, or the empty slot where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    let at = (low << 1) & mask;
    while (!(words[at] === high && words[at + 1] === low) && (words[at] !== 0 || words[at + 1] !== 0)) {
      at = (at + 2) & mask;
    }
    return at;
  }
}

/** Two independently mixed 32-bit lanes over the UTF-16 code units, each with a full final avalanche. */
function fingerprint(
  text: string,
  [highSeed, lowSeed]: readonly [number, number],
): readonly [number, number] {
  let high = highSeed;
  let low = lowSeed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    high = (high << 15) | (high >>> 17);
    low = Math.imul(low + unit, 0x85ebca6b);
    low = (low << 13) | (low >>> 19);
  }
  high = avalanche(high ^ text.length);
  low = avalanche(low + high);
  // The empty slot's mark must not be anybody's fingerprint.
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function randomWord(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
