import type { Stop, StopChange, StopChanges, StopStore } from "@tollgate/core/driver";

/** A store of stops that can fail or keep silent, and counts what it is asked. */
export class StopRows implements StopStore {
  readonly rows: StopChange[] = [];
  looks = 0;
  failure: "throws" | "silent" | null = null;
  /** What its looks wait for. */
  slow: Promise<unknown> = Promise.resolve();

  async add(stop: Stop): Promise<boolean> {
    await this.#fail();
    if (typeof this.#latest(stop.name) === "string") return false;
    this.rows.push(stop);
    return true;
  }

  async lift(name: string, at: number): Promise<boolean> {
    await this.#fail();
    if (typeof this.#latest(name) !== "string") return false;
    this.rows.push({ name, reason: null, at });
    return true;
  }

  async since(cursor: string | null): Promise<StopChanges> {
    this.looks += 1;
    const isLast = ({ name }: StopChange, nth: number): boolean =>
      nth >= Number(cursor ?? 0) && !this.rows.slice(nth + 1).some((later) => later.name === name);
    const answer = { stops: this.rows.filter(isLast), cursor: String(this.rows.length) };
    await this.#fail();
    await this.slow;
    return answer;
  }

  #latest(name: string): string | null | undefined {
    return this.rows.findLast((row) => row.name === name)?.reason;
  }

  async #fail(): Promise<void> {
    if (this.failure === "throws") throw new Error("the store is down");
    if (this.failure === "silent") await new Promise(() => undefined);
  }
}
