import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What happens to the next statement that contains some text. */
interface Plan {
  readonly text: string;
  /**
   * `answer`: it is done, but nobody hears of it. `question`: it never arrives. `both`: nobody hears of it, and it
   * arrives later.
   */
  readonly lose: "answer" | "question" | "both";
  readonly happened: () => void;
}

/** A way to a server on which connections are cut where it hurts. */
export interface CuttingProxy {
  readonly url: string;
  /** Cuts the connection of the next statement that contains `text`; resolves when that has happened. */
  cut(text: string, lose: "answer" | "question"): Promise<void>;
  /**
   * Cuts it off from its caller while it is on its way; once that has happened answers how to let it arrive, which
   * resolves when the server has answered.
   */
  delay(text: string): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Starts one on a free local port in front of the server of `url`. */
export async function startProxy(url: string): Promise<CuttingProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let plan: Plan | null = null;
  let arrive: () => Promise<void> = async () => {};
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isAnswerLost = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", () => {
      if (plan?.lose !== "both") upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
    client.on("data", (chunk) => {
      if (plan === null || !chunk.includes(plan.text)) {
        upstream.write(chunk);
        return;
      }
      const { lose, happened } = plan;
      if (lose === "answer") {
        isAnswerLost = true;
        upstream.write(chunk);
      } else if (lose === "both") {
        client.removeAllListeners("close");
        upstream.removeAllListeners("data");
        arrive = async () => {
          upstream.write(chunk);
          await once(upstream, "data");
          upstream.destroy();
        };
        client.destroy();
      } else {
        upstream.destroy();
      }
      plan = null;
      if (lose !== "answer") happened();
      else upstream.once("data", () => happened());
    });
    upstream.on("data", (chunk) => {
      if (!isAnswerLost) client.write(chunk);
      else upstream.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = new URL(url);
  own.hostname = "127.0.0.1";
  own.port = String(typeof address === "object" && address !== null ? address.port : 0);
  const planned = (text: string, lose: Plan["lose"]) =>
    new Promise<void>((happened) => {
      plan = { text, lose, happened };
    });
  return {
    url: own.href,
    cut: planned,
    async delay(text) {
      await planned(text, "both");
      return arrive;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
