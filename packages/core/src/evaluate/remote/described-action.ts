import type { Action } from "../../action/action.ts";
import { given } from "../../codec/given.ts";
import { InvalidConfig } from "../../errors.ts";
import type { RemoteOptions } from "./remote-evaluator.ts";

/** Makes what a policy server is told of an action, without what is another for every call. */
export function actionDescriber(
  params: RemoteOptions["params"] = "tools",
): (action: Action) => Readonly<Record<string, unknown>> {
  if (params !== "tools" && params !== "all" && params !== "none") {
    throw new InvalidConfig("params", 'expected "tools", "all" or "none"');
  }
  return (action) => {
    const { kind, name, provider, subject, capability, maxOutputTokens } = action;
    const isTold = params === "all" || (params === "tools" && kind === "tool");
    return given({
      kind,
      name,
      provider,
      subject,
      capability,
      max_output_tokens: maxOutputTokens,
      amounts: Object.fromEntries(
        Object.entries(action.amounts).map(([unit, amount]) => [unit, amount.toString()]),
      ),
      params: isTold ? action.params : undefined,
    });
  };
}
