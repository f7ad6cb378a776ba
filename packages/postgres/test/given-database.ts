import { startProcess } from "./node-process.ts";

/** A database on somebody else's server. */
export interface GivenDatabase {
  readonly url: string;
  /** Drops it. */
  remove(): Promise<void>;
}

/** Makes a database on the server of `url`, which is gone when it is removed or this process ends. */
export async function makeDatabase(url: string): Promise<GivenDatabase> {
  const keeper = startProcess("given-database", [url]);
  await keeper.hasWritten(1);
  const [made] = keeper.lines;
  if (made === undefined) throw new Error("no database can be made on TOLLGATE_TEST_DATABASE_URL");
  return {
    url: made,
    async remove() {
      keeper.tell("drop");
      if ((await keeper.ended) !== 0) throw new Error(`${new URL(made).pathname.slice(1)} was not dropped`);
    },
  };
}
