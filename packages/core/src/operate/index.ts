/** What people do by hand with a ledger that outlives the process, each with its receipt. */
export { createOperator } from "./create-operator.ts";
export type {
  Adjusted,
  AdjustmentRequest,
  Answered,
  AnswerRequest,
  LiftRequest,
  Operator,
  OperatorOptions,
  Released,
  ReleaseRequest,
  Stopped,
  StopRequest,
} from "./operator.ts";
export { type LostGrantsQuery, tellLostGrants } from "./tell-lost-grants.ts";
