import type { Action } from "../../action/action.ts";
import { canonicalJson } from "../../codec/canonical-json.ts";
import { given } from "../../codec/given.ts";
import { isPlainObject } from "../../codec/plain-object.ts";
import { InvalidConfig } from "../../errors.ts";
import type { EvaluationContext, Evaluator } from "../evaluator.ts";
import { actionDescriber } from "./described-action.ts";
import { readAnswer } from "./http-evaluator.ts";
import { optionalText, type RemoteAnswer } from "./remote-answer.ts";
import { type RemoteOptions, remoteEvaluator } from "./remote-evaluator.ts";

/** Options of {@link opaEvaluator}. */
export interface OpaEvaluatorOptions extends RemoteOptions {
  /** Where OPA is: `http://127.0.0.1:8181`. */
  readonly url: string | URL;
  /** The rule to ask, as a path below `data`: `tollgate/decision`. */
  readonly path: string;
  /** @default "opa" */
  readonly name?: string;
  /** The `input` in place of the default one, which is the action. */
  readonly input?: (action: Action, context: EvaluationContext) => Readonly<Record<string, unknown>>;
}

/**
 * Makes an evaluator of a rule in Open Policy Agent, over its REST API (`POST /v1/data/<path>`).
 *
 * The rule's value is true or false; or an object with `allow: true | false`, or with `decision` and what goes
 * with it as for `httpEvaluator`; and in either case `deny`, a list of reasons, which denies unless it is empty.
 * A rule without a value, as of a misspelt path, is a failure, which denies.
 *
 * Answers are kept, where a `cache` is asked for, by the revisions of OPA's bundles; what is not from a bundle has
 * no version, and is not kept.
 *
 * @throws InvalidConfig naming the option that makes no sense.
 */
export function opaEvaluator(options: OpaEvaluatorOptions): Evaluator {
  const { name = "opa", path, url, cache } = options;
  const describe = actionDescriber(options.params);
  if (typeof path !== "string" || !/^[^/\s?#]+(\/[^/\s?#]+)*$/.test(path)) {
    throw new InvalidConfig("path", "expected a path below data, such as tollgate/decision");
  }
  const query = cache === undefined ? "" : "?provenance=true";
  return remoteEvaluator(
    {
      name,
      url,
      path: `/v1/data/${path.split("/").map(encodeURIComponent).join("/")}${query}`,
      known: ["url", "path", "name", "input"],
      question: options.input ?? describe,
      body: (input) => ({ input }),
      read: (answer) => readResult(answer, path),
    },
    options,
  );
}

function readResult(answer: Readonly<Record<string, unknown>>, path: string): RemoteAnswer {
  const { result, decision_id: id } = answer;
  if (result === undefined) throw new Error(`OPA has no value at ${path}`);
  const said = readValue(result);
  return given({
    ...said,
    rule: said.rule ?? path,
    id: optionalText(id),
    policyVersion: said.policyVersion ?? revisionsOf(answer.provenance),
  });
}

function readValue(result: unknown): RemoteAnswer {
  if (typeof result === "boolean") return { decision: result ? "allow" : "deny" };
  if (!isPlainObject(result)) throw new Error("OPA's rule is neither true nor false nor an object");
  const { allow, deny, decision, ...more } = result;
  const objections = deny === undefined ? [] : deny;
  if (!Array.isArray(objections)) throw new Error("OPA's rule has a deny that is no list");
  if (allow !== undefined && typeof allow !== "boolean")
    throw new Error("OPA's rule has an allow that is neither true nor false");
  if (allow === undefined && decision === undefined)
    throw new Error("OPA's rule has neither allow nor decision");
  const said = readAnswer({ ...more, decision: decision ?? (allow === true ? "allow" : "deny") });
  if (allow !== undefined && allow !== (said.decision === "allow"))
    throw new Error("OPA's rule contradicts itself");
  if (objections.length === 0) return said;
  return {
    ...said,
    decision: "deny",
    reason: optionalText(objections[0]) ?? said.reason ?? "OPA's rule has objections",
  };
}

/** The revisions of all bundles as one text; undefined where one of them has none. */
function revisionsOf(provenance: unknown): string | undefined {
  const bundles = isPlainObject(provenance) ? provenance.bundles : undefined;
  if (!isPlainObject(bundles)) return undefined;
  const revisions = Object.entries(bundles).map(([name, bundle]) => [
    name,
    isPlainObject(bundle) ? optionalText(bundle.revision) : undefined,
  ]);
  if (revisions.length === 0 || revisions.some(([, revision]) => revision === undefined)) return undefined;
  return canonicalJson(Object.fromEntries(revisions));
}
