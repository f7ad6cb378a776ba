import { InvalidConfig, type Subject } from "@tollgate/core";
import type { JWTPayload } from "jose";
import { RefusedToken } from "./refused-token.ts";

/**
 * Where a token says a field: the name of a claim, or what finds it in all of them and answers undefined for nothing;
 * null for nowhere.
 */
export type ClaimSource = string | ((claims: Readonly<Record<string, unknown>>) => unknown) | null;

/** Where a token says who shows it. */
export interface ClaimSources {
  /** @default "sub" */
  readonly agent?: ClaimSource;
  /** @default "tenant" */
  readonly tenant?: ClaimSource;
  /** @default "role" */
  readonly role?: ClaimSource;
  /** @default "user" */
  readonly user?: ClaimSource;
  /** The highest capability tier that is granted. @default "capability" */
  readonly capability?: ClaimSource;
}

type Field = keyof ClaimSources;

const defaults: Readonly<Record<Field, string>> = {
  agent: "sub",
  tenant: "tenant",
  role: "role",
  user: "user",
  capability: "capability",
};

const capabilities: readonly unknown[] = ["read_only", "data_write", "payment_initiate", "payment_execute"];

/** Reads who it is from verified claims; `known` goes before what they say. @throws RefusedToken */
export type ReadClaims = (claims: JWTPayload, known: Subject) => Subject;

/** Makes the reader of claims. @throws InvalidConfig naming the option. */
export function claimReader(sources: ClaimSources = {}): ReadClaims {
  const find = (Object.keys(defaults) as Field[]).map((field) => ({
    field,
    source: readSource(field, sources[field] === undefined ? defaults[field] : sources[field]),
  }));
  const unknown = Object.keys(sources).find((field) => !(field in defaults));
  if (unknown !== undefined) {
    throw new InvalidConfig(
      `claims.${unknown}`,
      `there is no such field; there are ${Object.keys(defaults).join(", ")}`,
    );
  }
  return (claims, known) => {
    const subject: Partial<Record<Field, unknown>> = {};
    for (const { field, source } of find) {
      const value: unknown = known[field] ?? source(claims);
      if (value === undefined) continue;
      if (!isGood(field, value)) throw new RefusedToken(`the credential says no ${field} that there can be`);
      subject[field] = value;
    }
    if (subject.agent === undefined)
      throw new RefusedToken("the credential does not say which agent it is of");
    return subject as Subject;
  };
}

function readSource(
  field: Field,
  source: ClaimSource,
): (claims: Readonly<Record<string, unknown>>) => unknown {
  if (typeof source === "function") return source;
  if (source === null) return () => undefined;
  if (typeof source === "string" && source !== "") {
    return (claims) => (Object.hasOwn(claims, source) ? claims[source] : undefined);
  }
  throw new InvalidConfig(`claims.${field}`, "expected the name of a claim, a function or null");
}

function isGood(field: Field, value: unknown): boolean {
  if (field === "capability") return capabilities.includes(value);
  return typeof value === "string" && value !== "" && value.length <= 256 && value.isWellFormed();
}
