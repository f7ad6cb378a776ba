import { describe, expect, it } from "vitest";
import { storeName, withoutPasswords } from "./store-name.ts";

const secret = "s3cr3t";

describe("a store's name", () => {
  it.each([
    ["tollgate.db", "tollgate.db"],
    ["./a:b.db", "./a:b.db"],
    ["C:\\data\\tollgate.db", "C:\\data\\tollgate.db"],
  ])("is a path: %s", (path, shown) => {
    expect(storeName({ store: path }, {})).toEqual({ kind: "sqlite", path, shown });
  });

  it.each([
    [`postgres://me:${secret}@db.example:5433/shop`, "postgresql://me@db.example:5433/shop"],
    [`postgresql://me:${secret}@[::1]/shop?sslmode=require`, "postgresql://me@[::1]/shop"],
    [`postgresql://db/shop?user=me&password=${secret}`, "postgresql://db/shop"],
    [`postgresql://me:${secret}@/shop?host=/var/run`, "postgresql://me@socket/shop"],
    ["POSTGRES://db/shop", "postgresql://db/shop"],
    ["postgresql:///shop", "postgresql:///shop"],
  ])("is a URL, which is shown without its password: %s", (url, shown) => {
    expect(storeName({ store: url }, {})).toEqual({ kind: "postgres", url, shown });
  });

  it.each([
    `postgres://me:${secret}/x@host/db`,
    `postgres://me:${secret}%@host/db`,
    `postgres://me:${secret}@host:port/db`,
  ])("is refused without being quoted where it cannot be read: %s", (store) => {
    expect(() => storeName({ store }, {})).toThrow(/^the store's URL cannot be read: (?!.*s3cr3t)/);
  });

  it("comes from the environment where the command line has none", () => {
    expect(storeName({}, { TOLLGATE_STORE: "a.db" })).toMatchObject({ path: "a.db" });
    expect(storeName({ store: "b.db" }, { TOLLGATE_STORE: "a.db" })).toMatchObject({ path: "b.db" });
    expect(storeName({}, { TOLLGATE_STORE: "" })).toBeNull();
    expect(storeName({}, {})).toBeNull();
  });
});

describe("a message", () => {
  it.each([
    [
      `unknown option '--stor=postgres://me:${secret}@host/db'`,
      "unknown option '--stor=postgres://me:***@host/db'",
    ],
    [`PostgreSQL://me:${secret}@x@host/db`, "PostgreSQL://me:***@host/db"],
    [`postgresql://host/db?password=${secret}&x=1`, "postgresql://host/db?password=***&x=1"],
    [
      `unknown option '--stor=host=db password=${secret} user=me'`,
      "unknown option '--stor=host=db password=*** user=me'",
    ],
    [`host=db password = '${secret} \\' ${secret}' user=me`, "host=db password = *** user=me"],
    ["postgresql://me@host:5433/db", "postgresql://me@host:5433/db"],
    ["no URL, me@example.org", "no URL, me@example.org"],
  ])("loses the passwords in it: %s", (text, shown) => {
    expect(withoutPasswords(text)).toBe(shown);
  });
});
