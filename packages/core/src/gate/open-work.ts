/** Counts what is under way, so that closing can wait for it. */
export class OpenWork {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** Something began; call `end` when it is over. */
  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
