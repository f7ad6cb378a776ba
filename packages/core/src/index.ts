export type { Action, ActionInput, ActionKind, Patch, PatchField } from "./action/action.ts";
export { type Amount, type AmountInput, type Amounts, formatAmount } from "./action/amounts.ts";
export type { Balance, BalanceQuery } from "./action/balance.ts";
export type { Capability } from "./action/capability.ts";
export type { Subject, SubjectField } from "./action/subject.ts";
export type { Usage, UsageSource } from "./action/usage.ts";
export type { Awaitable } from "./awaitable.ts";
export type { Clock } from "./clock.ts";
export type { JsonObject, JsonValue } from "./codec/json.ts";
export {
  ActionDenied,
  ApprovalRequired,
  type ErrorCode,
  findDenial,
  GateUnavailable,
  IdempotencyConflict,
  InvalidAction,
  InvalidConfig,
  type Refusal,
  type RefusedError,
  StorageFailed,
  TollgateError,
} from "./errors.ts";
export type { EvaluationContext, Evaluator, Verdict } from "./evaluate/evaluator.ts";
export type { Outcome } from "./evaluate/judgement.ts";
export { createGate } from "./gate/create-gate.ts";
export type { Decision, DecisionCode } from "./gate/decision.ts";
export type { DecideOptions, Gate, StopTarget } from "./gate/gate.ts";
export { gateBudget } from "./gate/gate-budget.ts";
export type { GateFailure, GateOptions } from "./gate/gate-options.ts";
export { type GuardOptions, guard } from "./gate/guard.ts";
export type { Permit, Settlement, Used } from "./gate/permit.ts";
export type { AcceptPolicy, PolicyInForce } from "./gate/policy-in-force.ts";
export type { Run, RunInput } from "./gate/run.ts";
export type { BudgetInput, BudgetMatch, BudgetThen, WindowKind } from "./ledger/budget.ts";
export type {
  Charge,
  Claim,
  Exceeded,
  Expired,
  Ledger,
  ReleaseResult,
  Reservation,
  ReserveConflict,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  UnrecordedEnding,
} from "./ledger/ledger.ts";
export { type MemoryLedgerOptions, memoryLedger } from "./ledger/memory-ledger.ts";
export type { Stops } from "./ledger/stops.ts";
export type { ApprovalStore } from "./oversight/approval-store.ts";
export type {
  Approval,
  ApprovalAnswer,
  ApprovalQuery,
  ApprovalStatus,
  Approvals,
} from "./oversight/approvals.ts";
export type { TokenCounter } from "./pricing/estimate.ts";
export { genaiPrices } from "./pricing/genai-prices-catalog.ts";
export type { ModelRates, PriceCatalog, Rate } from "./pricing/price-catalog.ts";
export type { PriceTable } from "./pricing/price-table.ts";
export { staticPrices } from "./pricing/static-prices.ts";
export { createSigner } from "./receipt/local-signer.ts";
export { memoryLog } from "./receipt/memory-log.ts";
export type { PublicJwk, Receipt, ReceiptBody } from "./receipt/receipt.ts";
export type { ChainHead, ReceiptLog, ReceiptQuery, SealedReceipt } from "./receipt/receipt-log.ts";
export type { Signer } from "./receipt/signer.ts";
