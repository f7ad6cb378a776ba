import type pg from "pg";
import { afterAll, beforeEach } from "vitest";
import { migrate } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { type CuttingProxy, startProxy } from "./cutting-proxy.ts";
import { startServer, type TestServer } from "./server.ts";

/** A server with the schema, and a way to it on which connections are cut. */
export interface ShakyServer {
  readonly server: TestServer;
  readonly proxy: CuttingProxy;
  /** Goes to the server. */
  readonly pool: pg.Pool;
  /** Goes by way of the proxy. */
  readonly shaky: pg.Pool;
}

/** Starts one for a test file, which is emptied before each of its tests and stopped after the last. */
export async function startShakyServer(): Promise<ShakyServer> {
  const server = await startServer("fsync=off");
  const proxy = await startProxy(server.url);
  afterAll(async () => {
    await server.stop();
    await proxy.close();
  });
  const pool = server.pool();
  const shaky = server.pool({ connectionString: proxy.url, max: 2 });
  await migrate(pool);
  beforeEach(() => emptySchema(pool));
  return { server, proxy, pool, shaky };
}
