import { StorageFailed } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import type { PostgresPool } from "./pool.ts";

/** A pool on a server that says it is of this version, and knows nothing else. */
function serverOf(number: string, name: string) {
  const asked: string[] = [];
  const released: (boolean | undefined)[] = [];
  const pool: PostgresPool = {
    on: () => undefined,
    listeners: () => [],
    connect: async () => ({
      async query({ text }) {
        asked.push(text);
        if (!text.includes("server_version_num")) throw new Error("this is as far as it goes");
        return { rows: [{ number, name }] };
      },
      release: (destroy) => released.push(destroy),
      on: () => undefined,
      off: () => undefined,
    }),
  };
  return { pool, asked, released };
}

describe("migrate", () => {
  it.each([
    ["130022", "13.22 (Debian 13.22-1.pgdg120+1)"],
    ["90624", "9.6.24"],
  ])(
    "refuses a server of version %s before it asks for anything else, and names what is needed",
    async (number, name) => {
      const { pool, asked, released } = serverOf(number, name);
      const migrated = migrate(pool);
      await expect(migrated).rejects.toBeInstanceOf(StorageFailed);
      await expect(migrated).rejects.toThrow(`needs PostgreSQL 14 or later, and this server is ${name}`);
      expect(asked).toHaveLength(1);
      expect(released).toEqual([true]);
    },
  );

  it.each(["140000", "150018", "180004"])("goes on with one of version %s", async (number) => {
    const { pool, asked } = serverOf(number, number);
    await expect(migrate(pool)).rejects.toThrow(/as far as it goes/);
    expect(asked[1]).toContain("BEGIN");
  });
});
