import { InvalidConfig, type Subject } from "@tollgate/core";
import { RefusedToken } from "./refused-token.ts";

/** How the SPIFFE ID of a JWT-SVID is read. */
export interface SpiffeOptions {
  /** The trust domain, or several, whose workloads are accepted: `acme.example`. */
  readonly trustDomain: string | readonly string[];
  /**
   * What the path says, such as `/ns/:tenant/sa/:agent`: each segment as it is written, or `:` and one of agent,
   * tenant, role and user. An ID with another path is refused.
   *
   * @default any path; the agent is the whole ID
   */
  readonly path?: string;
}

/** Reads the subject of a JWT-SVID. @throws RefusedToken */
export type ReadSpiffeId = (sub: unknown) => Subject;

type PathField = "agent" | "tenant" | "role" | "user";

const pathFields: readonly string[] = ["agent", "tenant", "role", "user"] satisfies readonly PathField[];

// SPIFFE-ID sections 2.1 and 2.2: no percent-encoding, no empty or relative segments.
const trustDomainForm = /^[a-z0-9._-]{1,255}$/;
const idForm = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/;
const segmentForm = /^[A-Za-z0-9._-]+$/;

/** Makes the reader of SPIFFE IDs. @throws InvalidConfig naming the option. */
export function spiffeIds({ trustDomain, path }: SpiffeOptions): ReadSpiffeId {
  const domains: readonly unknown[] = typeof trustDomain === "string" ? [trustDomain] : (trustDomain ?? []);
  if (
    domains.length === 0 ||
    !domains.every((name) => typeof name === "string" && trustDomainForm.test(name))
  ) {
    throw new InvalidConfig(
      "spiffe.trustDomain",
      'expected a trust domain such as "acme.example", in lower case and without spiffe://',
    );
  }
  const segments = path === undefined ? null : readPath(path);
  return (sub) => {
    const found = typeof sub === "string" && sub.length <= 2048 ? idForm.exec(sub) : null;
    const [id = "", domain = "", rest = ""] = found ?? [];
    const parts = rest.split("/").slice(1);
    if (found === null || parts.some((part) => part === "." || part === "..")) {
      throw new RefusedToken("the credential's subject is not the SPIFFE ID of a workload");
    }
    if (!domains.includes(domain)) throw new RefusedToken("the credential is of another trust domain");
    if (segments === null) return { agent: id };
    if (parts.length !== segments.length) throw otherPath();
    const subject: Partial<Record<PathField, string>> = {};
    for (const [index, segment] of segments.entries()) {
      const part = parts[index] ?? "";
      if (segment.field !== null) subject[segment.field] = part;
      else if (segment.text !== part) throw otherPath();
    }
    return { agent: id, ...subject };
  };
}

function otherPath(): RefusedToken {
  return new RefusedToken("the path of the credential's SPIFFE ID is another");
}

interface Segment {
  readonly text: string;
  readonly field: PathField | null;
}

function readPath(path: unknown): readonly Segment[] {
  const problem = `expected a path such as "/ns/:tenant/sa/:agent", with fields of ${pathFields.join(", ")}`;
  if (typeof path !== "string" || !path.startsWith("/")) throw new InvalidConfig("spiffe.path", problem);
  const fields = new Set<string>();
  return path
    .slice(1)
    .split("/")
    .map((text) => {
      const field = text.startsWith(":") ? text.slice(1) : null;
      const isGood =
        field === null ? segmentForm.test(text) : pathFields.includes(field) && !fields.has(field);
      if (!isGood) throw new InvalidConfig("spiffe.path", problem);
      if (field !== null) fields.add(field);
      return { text, field: field as PathField | null };
    });
}
