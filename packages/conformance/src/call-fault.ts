/** A fault that comes with the nth of the calls that are counted, over all that it is put on. */
export class CallFault {
  readonly #nth: number;
  readonly when: "before" | "after";
  /** Whether every later call fails, too, as for a process that died. */
  readonly isDeadly: boolean;
  #calls = 0;

  constructor(nth: number, when: "before" | "after", isDeadly: boolean) {
    this.#nth = nth;
    this.when = when;
    this.isDeadly = isDeadly;
  }

  /** Whether it came to it. */
  get isReached(): boolean {
    return this.#calls >= this.#nth;
  }

  /** What it is, for messages. */
  get text(): string {
    return `${this.when} call ${this.#nth}`;
  }

  /** The same part, whose methods of these names fail when it is their turn. */
  on<Part extends object>(part: Part, names: readonly (keyof Part)[]): Part {
    const faulty = (method: (...given: unknown[]) => unknown) => {
      return async (...given: unknown[]): Promise<unknown> => {
        const call = ++this.#calls;
        const isDead = this.isDeadly && call > this.#nth;
        if (isDead || (call === this.#nth && this.when === "before")) throw this.#failure();
        const answer = await method.apply(part, given);
        if (call === this.#nth) throw this.#failure();
        return answer;
      };
    };
    return new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        const method = member as (...given: unknown[]) => unknown;
        return names.includes(name as keyof Part) ? faulty(method) : method.bind(part);
      },
    });
  }

  #failure(): Error {
    return new Error(`failed ${this.text}`);
  }
}
