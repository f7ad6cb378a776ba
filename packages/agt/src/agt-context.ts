import type { Action, EvaluationContext } from "@tollgate/core";

/** The fields that every call may have. */
export const contextFields = [
  "tool",
  "action",
  "kind",
  "name",
  "provider",
  "params",
  "tenant",
  "user",
  "agent",
  "role",
  "session",
  "capability",
  "run",
  "steps",
] as const;

/** The fields that AGT adds to by itself, where they are given. */
export const facetFields: readonly string[] = ["sql", "k8s"];

/** An action's name for AGT: a tool's own, and `<kind>:<name>` for what is no tool. */
export function agtAction({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === "tool" ? name : `${kind}:${name}`;
}

/** What AGT's conditions see of an action; fields that it lacks are absent. */
export function agtContext(
  action: Action,
  { run }: EvaluationContext,
  more: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const { kind, name, provider, params, subject } = action;
  const tool = agtAction(action);
  const context: Record<string, unknown> = {
    ...more,
    ...subject,
    tool,
    action: tool,
    kind,
    name,
    params,
    run: run.id,
    steps: run.steps,
  };
  if (provider !== undefined) context.provider = provider;
  return context;
}
