import { canonicalJson, digestOf } from "@tollgate/core/policy";
import type { PolicyDocument } from "./document/read-document.ts";
import { plainOf } from "./document/read-nodes.ts";

/**
 * The digest of what a policy says: not of how it is written, over how many files, or of the secrets in it.
 *
 * SHA-256 over the RFC 8785 form of its members; rules and budgets in the order of their ids.
 */
export function policyDigest(document: PolicyDocument): string {
  const { timeZone, otherwise, roles, subjects, tiers, budgets, prices, unpriced, rules } = document;
  return digestOf(
    canonicalJson({
      version: 1,
      timeZone,
      otherwise,
      unpriced,
      roles: Object.fromEntries(roles),
      subjects: subjects.map((subject) => canonicalJson(subject)).sort(),
      tiers,
      prices,
      budgets: byId(budgets.map(({ budget: { id }, node }) => ({ id, budget: plainOf(node) }))),
      rules: byId(
        rules.map(({ id, priority, when, written, reason }) => ({
          id,
          priority,
          when: when.text,
          written,
          reason,
        })),
      ),
    }),
  );
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
