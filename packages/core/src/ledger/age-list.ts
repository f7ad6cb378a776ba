/** What an {@link AgeList} strings together; the members belong to the list that holds the item. */
export interface Aged<Item> {
  older: Item | null;
  newer: Item | null;
  /** When it was added, in epoch milliseconds. */
  since: number;
}

/** Items in the order of being added: adding, removing and finding the oldest are O(1), in any order. */
export class AgeList<Item extends Aged<Item>> {
  #oldest: Item | null = null;
  #newest: Item | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): Item | null {
    return this.#oldest;
  }

  /** Adds an item that is in no list. */
  add(item: Item, now: number): void {
    item.since = now;
    item.older = this.#newest;
    item.newer = null;
    if (this.#newest === null) this.#oldest = item;
    else this.#newest.newer = item;
    this.#newest = item;
    this.#size += 1;
  }

  /** Removes an item that is in this list. */
  remove(item: Item): void {
    if (item.older === null) this.#oldest = item.newer;
    else item.older.newer = item.newer;
    if (item.newer === null) this.#newest = item.older;
    else item.newer.older = item.older;
    item.older = null;
    item.newer = null;
    this.#size -= 1;
  }

  /** The oldest item if there are more than `count`, or if it was added at least `ageMs` before `now`. */
  overdue(now: number, ageMs: number, count: number): Item | null {
    const item = this.#oldest;
    if (item === null) return null;
    return this.#size > count || now - item.since >= ageMs ? item : null;
  }
}
