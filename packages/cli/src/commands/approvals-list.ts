import type { Approval } from "@tollgate/core";
import { printableJson } from "@tollgate/core/export";
import type { approvalStatuses } from "../approval-statuses.ts";
import { good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate approvals list` was asked for. */
export interface ApprovalsListOptions extends StoreOption {
  readonly status: (typeof approvalStatuses)[number];
  readonly run?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Shows requests for approval. It changes nothing: one that ran out is shown so before a gate has ended it. */
export async function approvalsList(
  options: ApprovalsListOptions,
  { out, paint }: Terminal,
): Promise<number> {
  const { status, run, limit, json } = options;
  const query = {
    status: status === "expired" ? "all" : status,
    ...(run === undefined ? {} : { run }),
  } as const;
  const kept = await withStore(requiredStore(options), async ({ approvals }) => approvals.list(query));
  const now = Date.now();
  const found = kept
    .map((approval) => (isOver(approval, now) ? ({ ...approval, status: "expired" } as const) : approval))
    .filter((approval) => status === "all" || approval.status === status)
    .slice(-limit);
  if (json === true) await out.write(`${printableJson(found.map(approvalJson))}\n`);
  else if (found.length === 0) await out.write(`the store keeps no such approval\n`);
  else await out.write(tableText(columns, found, paint));
  return good;
}

function isOver({ status, expiresAt }: Approval, now: number): boolean {
  return (status === "pending" || status === "granted") && expiresAt <= now;
}

function approvalJson({ requestedAt, expiresAt, answer, ...approval }: Approval): unknown {
  return {
    ...approval,
    requestedAt: new Date(requestedAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    answer: answer === null ? null : { ...answer, at: new Date(answer.at).toISOString() },
  };
}

/** `2026-11-20 09:15:46`. */
function timeText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

/** `user=alice agent=finance-bot`. */
function subjectText({ subject }: Approval): string {
  return Object.entries(subject)
    .map(([field, value]) => `${field}=${value}`)
    .join(" ");
}

const columns: readonly Column<Approval>[] = [
  { title: "APPROVAL", text: ({ id }) => id },
  { title: "STATUS", text: ({ status }) => status },
  { title: "ACTION", text: ({ action }) => `${action.kind} ${action.name}` },
  { title: "FOR", text: subjectText },
  { title: "RUN", text: ({ run }) => run },
  { title: "ASKED (UTC)", text: ({ requestedAt }) => timeText(requestedAt) },
  { title: "EXPIRES (UTC)", text: ({ expiresAt }) => timeText(expiresAt) },
  { title: "APPROVER", text: ({ approver }) => approver ?? "" },
  { title: "BY", text: ({ answer }) => answer?.by ?? "" },
  { title: "REASON", text: ({ reason, answer }) => answer?.reason ?? reason },
];
