/** What a {@link DueQueue} orders; `place` belongs to the queue and is -1 outside of it. */
export interface Due {
  /** Epoch milliseconds; change it through {@link DueQueue.move} alone. */
  dueAt: number;
  place: number;
}

/**
 * Items by the time they are due, earliest first: a binary heap that knows each item's place.
 *
 * Looking at the first is O(1), everything else O(log n); nothing is left behind for an item taken out, so
 * that memory follows what is really waiting.
 */
export class DueQueue<Item extends Due> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item due next. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes an item out; one that is not in the queue is left alone. */
  remove(item: Item): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  /** Changes when an item of the queue is due. */
  move(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    this.#rise(item, item.place);
    this.#sink(item, item.place);
  }

  #rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = this.#items[(place - 1) >> 1];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      this.#put(parent, place);
      place = (place - 1) >> 1;
    }
    this.#put(item, place);
  }

  #sink(item: Item, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#items[2 * place + 1];
      const right = this.#items[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= item.dueAt) break;
      const next = child === left ? 2 * place + 1 : 2 * place + 2;
      this.#put(child, place);
      place = next;
    }
    this.#put(item, place);
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}
