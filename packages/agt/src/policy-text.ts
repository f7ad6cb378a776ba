/** A rule as it is written into a `tollgate.yaml`. */
export interface WrittenRule {
  readonly id: string;
  readonly priority: number;
  /** In CEL. */
  readonly when: string;
  readonly then: "allow" | "deny" | "require_approval";
  /** Who approves; empty: anybody. */
  readonly approver: string;
  /** Empty: none. */
  readonly reason: string;
}

/** What is written into a `tollgate.yaml`, and of which policy it was made. */
export interface WrittenPolicy {
  readonly origin: string;
  readonly otherwise: "allow" | "deny";
  readonly rules: readonly WrittenRule[];
}

/** Writes a `tollgate.yaml`. */
export function policyText({ origin, otherwise, rules }: WrittenPolicy): string {
  const lines = [
    `# Imported from the policy ${escaped(origin)} of Microsoft's Agent Governance Toolkit.`,
    "version: 1",
    `otherwise: ${otherwise}`,
    ...(rules.length === 0 ? [] : ["rules:"]),
  ];
  for (const { id, priority, when, then, approver, reason } of rules) {
    lines.push(`  - id: ${quoted(id)}`);
    if (priority !== 0) lines.push(`    priority: ${priority}`);
    lines.push(`    when: ${when === "true" ? when : quoted(when)}`);
    lines.push(`    then: ${approver === "" ? then : `{ require_approval: { role: ${quoted(approver)} } }`}`);
    if (reason !== "") lines.push(`    reason: ${quoted(reason)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A text for YAML: in single quotes where nothing in it needs to be escaped. */
function quoted(text: string): string {
  if (/^[a-z][\w-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)) return text;
  return /^[ -~]*$/.test(text) ? `'${text.replaceAll("'", "''")}'` : escaped(text);
}

/** In double quotes, so that nothing in it is hidden from whoever reads the file, or does something to a terminal. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0)?.toString(16) ?? "";
    return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}
