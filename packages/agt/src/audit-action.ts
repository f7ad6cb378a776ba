/** What an entry of AGT's audit log says of one decision. */
export interface AuditedAction {
  readonly action: string;
  /** The id of the decision's receipt. */
  readonly decision: string;
}

const named = /^(.*)#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/s;

/**
 * The `action` of an audit entry: `send_email#<decision id>`.
 *
 * AGT's entries keep a time, an agent, an action and a decision, and drop all else: the action is the only place
 * for an id that its hash covers.
 */
export function auditAction({ action, decision }: AuditedAction): string {
  return `${action}#${decision}`;
}

/** Reads the `action` of an audit entry; null where it names no decision. */
export function readAuditAction(text: string): AuditedAction | null {
  const [, action, decision] = named.exec(text) ?? [];
  return action === undefined || decision === undefined ? null : { action, decision };
}
