import { CliError } from "./cli-error.ts";

/** The option that says where a store is. */
export interface StoreOption {
  /** A path, or a URL that may hold a password. */
  readonly store?: string;
}

/** A file. */
export interface SqliteName {
  readonly kind: "sqlite";
  readonly path: string;
  readonly shown: string;
}

/** A database. */
export interface PostgresName {
  readonly kind: "postgres";
  /** With the password, where it has one. */
  readonly url: string;
  readonly shown: string;
}

/** Where a store is; `shown` is fit for messages. */
export type StoreName = SqliteName | PostgresName;

/** The environment's word for the store, where the command line has none. */
const storeVariable = "TOLLGATE_STORE";

/**
 * The store that was named, on the command line or else in the environment; null when none was.
 *
 * @throws CliError when the name is neither a path nor a URL of PostgreSQL.
 */
export function storeName({ store }: StoreOption, env: NodeJS.ProcessEnv = process.env): StoreName | null {
  const text = store ?? env[storeVariable] ?? "";
  if (text === "") {
    if (store === undefined) return null;
    throw new CliError("--store is empty: give the path of an SQLite file, or a postgresql:// URL");
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return { kind: "sqlite", path: text, shown: text };
  if (!/^postgres(ql)?$/i.test(scheme)) {
    throw new CliError(
      `a store is the path of an SQLite file or a postgresql:// URL; there is none of the kind ${scheme}://`,
    );
  }
  return { kind: "postgres", url: text, shown: shownUrl(text) };
}

/** The store that was named. @throws CliError when none was, or it cannot be one */
export function requiredStore(option: StoreOption): StoreName {
  const name = storeName(option);
  if (name !== null) return name;
  throw new CliError(
    `which store? Give --store <path-or-url>, or set ${storeVariable}: an SQLite file or a postgresql:// URL`,
  );
}

/** Takes the passwords out of whatever addresses of PostgreSQL a text quotes: URLs, and `name=value` pairs. */
export function withoutPasswords(text: string): string {
  return text
    .replace(/(postgres(?:ql)?:\/\/[^\s:@/]*):\S*@/gi, "$1:***@")
    .replace(/(\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^&\s'"]+)/gi, "$1***");
}

/** The user, host and database of a URL. @throws CliError when it cannot be read, without quoting it */
function shownUrl(text: string): string {
  try {
    // Without a host it stands for a socket, which URL does not know with a user.
    const url = new URL(text.replace("@/", "@socket/"));
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    const user = url.username === "" ? "" : `${url.username}@`;
    return `postgresql://${user}${url.host}${url.pathname}`;
  } catch {
    throw new CliError(
      "the store's URL cannot be read: write postgresql://user:password@host:5432/database, with /, @, # and % in " +
        "a password as %2F, %40, %23 and %25",
    );
  }
}
