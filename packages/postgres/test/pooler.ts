import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A pooler of connections, as PgBouncer is in transaction mode. */
export interface Pooler {
  readonly url: string;
  /** How many transactions were run on how many server connections. */
  readonly counts: { transactions: number; readonly connections: number };
  close(): Promise<void>;
}

/** A connection to the server, ready for a transaction. */
interface Upstream {
  readonly socket: Socket;
  /** Who gets what it answers. */
  owner: Socket | null;
}

/**
 * Starts one on a free local port: each transaction runs on whichever of `size` connections was free for the longest
 * time, so that none of a client's statements meets what another left in its session. A connection whose client goes
 * away in the middle of a transaction is closed, and replaced.
 *
 * Logs in by itself, with the password in `url`; its clients need none.
 */
export async function startPooler(url: string, size: number): Promise<Pooler> {
  const target = new URL(url);
  const free: Upstream[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const counts = { transactions: 0, connections: size };
  let isOver = false;
  const open = async () => {
    const socket = await logIn(target);
    sockets.add(socket);
    const upstream: Upstream = { socket, owner: null };
    const offer = () => {
      upstream.owner = null;
      free.push(upstream);
      waiting.shift()?.();
    };
    eachMessage(socket, false, (type, message) => {
      upstream.owner?.write(message);
      // Ready for a query, and outside of a transaction.
      if (type === "Z" && message[5] === "I".charCodeAt(0)) offer();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      upstream.owner?.destroy();
      if (free.includes(upstream)) free.splice(free.indexOf(upstream), 1);
      if (!isOver) open().catch(() => undefined);
    });
    offer();
  };
  for (let nth = 0; nth < size; nth++) await open();
  const server = createServer((client) => {
    sockets.add(client);
    client.setNoDelay();
    client.on("error", () => undefined);
    client.on("close", () => {
      sockets.delete(client);
      // What it left half done is undone, and nobody gets its connection.
      if (current?.owner === client) current.socket.destroy();
    });
    let current: Upstream | null = null;
    let isTaking = false;
    const queue: Buffer[] = [];
    const flush = () => {
      if (current?.owner !== client) current = null;
      if (queue.length === 0 || isTaking) return;
      if (current !== null) {
        for (const message of queue.splice(0)) current.socket.write(message);
        return;
      }
      isTaking = true;
      const take = () => {
        const upstream = free.shift();
        if (upstream === undefined) {
          waiting.push(take);
          return;
        }
        upstream.owner = client;
        current = upstream;
        counts.transactions += 1;
        isTaking = false;
        flush();
      };
      take();
    };
    eachMessage(client, true, (type, message) => {
      if (type === "startup") {
        client.write(Buffer.concat([authenticationOk, readyForQuery]));
      } else if (type !== "X") {
        queue.push(message);
        flush();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `postgresql://anybody@127.0.0.1:${port}${target.pathname}`,
    counts,
    async close() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const authenticationOk = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Cuts a stream into the protocol's messages: a type of one byte and a length, but for a client's first. */
function eachMessage(
  socket: Socket,
  hasStartup: boolean,
  handle: (type: string, message: Buffer) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  let isStartup = hasStartup;
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = isStartup ? 0 : 1;
      if (rest.length < head + 4) return;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      const type = isStartup ? "startup" : String.fromCharCode(message[0] ?? 0);
      isStartup = false;
      handle(type, message);
    }
  });
}

/** A connection on which the server waits for a query; it has to be one that takes passwords as they are. */
async function logIn(target: URL): Promise<Socket> {
  const socket = connect(Number(target.port), target.hostname);
  socket.setNoDelay();
  await once(socket, "connect");
  const parameters = ["user", target.username, "database", target.pathname.slice(1), "", ""].join("\0");
  const body = Buffer.from(parameters);
  const startup = Buffer.alloc(8 + body.length);
  startup.writeInt32BE(startup.length, 0);
  startup.writeInt32BE(196_608, 4);
  body.copy(startup, 8);
  await new Promise<void>((resolve, reject) => {
    eachMessage(socket, false, (type, message) => {
      if (type === "E") reject(new Error(message.subarray(5).toString()));
      if (type === "Z") resolve();
      if (type === "R" && message.readInt32BE(5) === 3) {
        const password = Buffer.from(`${decodeURIComponent(target.password)}\0`);
        const answer = Buffer.alloc(5 + password.length);
        answer.write("p");
        answer.writeInt32BE(4 + password.length, 1);
        password.copy(answer, 5);
        socket.write(answer);
      }
    });
    socket.write(startup);
  });
  socket.removeAllListeners("data");
  return socket;
}
