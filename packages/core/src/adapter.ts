// For writers of adapters: what a framework package needs beyond the root's exports.
export { knownUsage, type ToldCounts } from "./action/known-usage.ts";
export { type ApprovalSaid, answerApproval, isAnsweredBy } from "./gate/answer-approval.ts";
export { changedParams } from "./gate/changed-params.ts";
export { degradeFailed } from "./gate/degrade-failed.ts";
export { enforceSettings, type Patchable } from "./gate/enforce-settings.ts";
export { decideFor } from "./gate/gate-budget.ts";
export { type GuardOpenOptions, guardOpen } from "./gate/guard-open.ts";
export { type GuardStreamOptions, guardStream } from "./gate/guard-stream.ts";
export { denialPayload, toRefusal } from "./gate/refusal.ts";
export { resolveRun } from "./gate/resolve-run.ts";
export { runTool, streamTool } from "./gate/run-tool.ts";
export {
  beginTool,
  endTool,
  enforcedInput,
  pauseTool,
  type ToolAction,
  toolAnswer,
} from "./gate/tool-call.ts";
export { isUnbilledError } from "./gate/unbilled-error.ts";
export { hasIdentity, verifiedSubject } from "./gate/verified-subject.ts";
export { type SubjectCall, takeSubject } from "./language-model/call-subject.ts";
export { markFinal, withFinalRefusals } from "./language-model/final-refusal.ts";
export type {
  LanguageCall,
  LanguageCount,
  LanguageMessage,
  LanguageModel,
  LanguagePart,
  LanguageResult,
  LanguageStream,
  LanguageTool,
  LanguageUsage,
  ModelCall,
} from "./language-model/language-model.ts";
export { LanguageModelGate, type LanguageModelGateOptions } from "./language-model/language-model-gate.ts";
export { languageUsage } from "./language-model/language-usage.ts";
export { type NamedModel, toModelAction } from "./language-model/model-action.ts";
export { isUnbilledCall } from "./language-model/unbilled-call.ts";
