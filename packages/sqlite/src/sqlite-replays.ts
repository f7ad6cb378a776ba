import { createHash } from "node:crypto";
import type { StatementSync } from "node:sqlite";
import type { ReplayStore } from "@tollgate/core/identity";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/** How long a token is known beyond its expiry: gates whose clocks are late still take it so long. */
const keptMs = 60 * 60 * 1000;

/** How many expired tokens are forgotten at most with each that is shown. */
const batch = 100;

/** Which tokens were shown, in a file. */
export interface SqliteReplays extends ReplayStore {
  /** Lets go of the file; a gate does not do it, as an identity may be that of several. */
  close(): Promise<void>;
}

/**
 * Remembers in an SQLite file which tokens were shown: one that opened a run opens no other, in any process of the
 * machine, until it expires.
 *
 * `file` is a path, or what `sqliteFile` answers. Tokens are kept by their fingerprints, for an hour beyond their
 * expiry by this machine's clock, and then forgotten as others are shown. With `durability: "normal"` a machine that
 * loses its power may forget the last of them.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteReplays(file: string | SqliteFile, options: SqliteFileOptions = {}): SqliteReplays {
  return new ReplaysInSqlite(useFile(file, options, []));
}

class ReplaysInSqlite implements SqliteReplays {
  readonly #file: OpenFile;
  readonly #forget: StatementSync;
  readonly #add: StatementSync;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile) {
    this.#release = file.hold();
    this.#file = file;
    const { database } = file;
    this.#forget = database.prepare(
      "DELETE FROM shown WHERE id IN (SELECT id FROM shown WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    );
    this.#add = database.prepare(
      "INSERT INTO shown (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
    );
  }

  use(id: string, expiresAt: number, now: number): Promise<boolean> {
    // Ids may be long, or no text that SQLite takes.
    const fingerprint = createHash("sha256").update(JSON.stringify(id)).digest("base64url");
    return this.#file.write(() => {
      // A gate's clock that is ahead must not have tokens forgotten that others still take.
      this.#forget.run(Math.min(now, Date.now()) - keptMs, batch);
      return this.#add.run(fingerprint, expiresAt).changes === 1;
    });
  }

  close(): Promise<void> {
    return this.#release();
  }
}
