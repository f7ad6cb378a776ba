import { stoppedName } from "@tollgate/core/driver";
import { printableJson } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate stops list` was asked for. */
export interface StopsListOptions extends StoreOption {
  readonly limit: number;
  readonly json?: boolean;
}

/** Shows what is stopped. */
export async function stopsList(options: StopsListOptions, { out, paint }: Terminal): Promise<number> {
  const { limit, json } = options;
  const kept = await withStore(requiredStore(options), ({ stops }) => stops.list());
  const found = kept
    .slice(-limit)
    .map(({ name, reason, at }) => ({ ...stoppedName(name), reason, at: new Date(at).toISOString() }));
  if (json === true) await out.write(`${printableJson(found)}\n`);
  else if (found.length === 0) await out.write("nothing is stopped\n");
  else await out.write(tableText(columns, found, paint));
  return good;
}

interface Found {
  readonly run?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly reason: string;
  readonly at: string;
}

const columns: readonly Column<Found>[] = [
  { title: "STOPPED", text: ({ run }) => (run === undefined ? "agent" : "run") },
  { title: "NAME", text: ({ run, agent }) => run ?? agent ?? "" },
  { title: "TENANT", text: ({ run, tenant }) => tenant ?? (run === undefined ? "(all)" : "") },
  { title: "SINCE (UTC)", text: ({ at }) => at.slice(0, 19).replace("T", " ") },
  { title: "REASON", text: ({ reason }) => reason },
];
