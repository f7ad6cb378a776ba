import { jsonParams } from "../action/json-params.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import type { GateCore } from "./gate-core.ts";
import type { GateOptions, ParamsPolicy } from "./gate-options.ts";

/** What receipts keep of an action's parameters, as the gate was told; `report` hears of a redactor that fails. */
export function paramsPolicy(
  params: NonNullable<GateOptions["params"]>,
  report: GateCore["report"],
): ParamsPolicy {
  if (params === "digest") return () => undefined;
  if (params === "full") return ({ paramsJson }) => paramsJson;
  return ({ action }) => {
    try {
      const kept = params({ kind: action.kind, name: action.name, params: action.params });
      return kept === undefined ? undefined : canonicalJson(jsonParams(kept));
    } catch (cause) {
      // A receipt without parameters is still a receipt; one with too many could not be taken back.
      report({ during: "receipt", cause });
      return undefined;
    }
  };
}
