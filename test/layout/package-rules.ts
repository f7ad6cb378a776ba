/** Which other workspace packages a package may import; all others may import core only. */
const companions: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  // Its callers show real tokens to the adapters.
  "packages/conformance": ["@tollgate/core", "@tollgate/identity"],
  "packages/cli": [
    "@tollgate/agt",
    "@tollgate/core",
    "@tollgate/policy",
    "@tollgate/sqlite",
    "@tollgate/postgres",
  ],
};

/** Which workspace packages the package in `folder` may import. */
export function companionsOf(folder: string): readonly string[] {
  return companions[folder] ?? ["@tollgate/core"];
}

/** Packages that run in Node only, so that any of their files may use its built-ins. */
export const nodeOnly: ReadonlySet<string> = new Set([
  "packages/sqlite",
  "packages/postgres",
  "packages/policy",
  "packages/cli",
  "packages/conformance",
]);

/** Frameworks, and the packages whose business each is. */
const frameworks: readonly { readonly name: RegExp; readonly owners: readonly string[] }[] = [
  // Mastra's models are the AI SDK's: its tests run over the same client.
  { name: /^@ai-sdk\/openai$/, owners: ["packages/ai-sdk", "packages/mastra"] },
  { name: /^(ai|@ai-sdk\/.+)$/, owners: ["packages/ai-sdk"] },
  { name: /^(langchain|@langchain\/(?!langgraph).+)$/, owners: ["packages/langchain", "packages/langgraph"] },
  // createAgent of LangChain runs on LangGraph: its interrupts and checkpointers are LangGraph's.
  { name: /^@langchain\/langgraph.*$/, owners: ["packages/langgraph", "packages/langchain"] },
  { name: /^@openai\/agents.*$/, owners: ["packages/openai-agents"] },
  { name: /^@mastra\/.+$/, owners: ["packages/mastra"] },
  // The command's tests hold its export to AGT's own verifier.
  { name: /^@microsoft\/agent-governance-sdk$/, owners: ["packages/agt", "packages/cli"] },
];

/** Whether the package in `folder` may import the framework package `name`; true when it is none. */
export function mayUseFramework(folder: string, name: string): boolean {
  const framework = frameworks.find((candidate) => candidate.name.test(name));
  return framework === undefined || framework.owners.includes(folder);
}
