import {
  AgentIdentity,
  AuditLogger,
  CedarBackend,
  IdentityRegistry,
  KillSwitch,
  LifecycleManager,
  PolicyEngine,
} from "@microsoft/agent-governance-sdk";
import { createGate, type Evaluator } from "@tollgate/core";
import {
  type AgtEvaluatorOptions,
  agtEvaluator,
  cedarOnLoopback,
  lintAgtEngine,
  reconcile,
} from "../src/index.ts";

// AGT's own classes go in as they are, without a cast.
const engine = new PolicyEngine();
const audit = new AuditLogger();
const options: AgtEvaluatorOptions = {
  audit,
  identities: new IdentityRegistry(),
  killSwitch: new KillSwitch(),
  lifecycle: (id) => new LifecycleManager(id),
  agentId: () => AgentIdentity.generate("bot").did,
};
const evaluator: Evaluator = agtEvaluator(engine, options);
const gate = createGate({ evaluators: [evaluator] });

lintAgtEngine(engine);
engine.registerBackend(new CedarBackend(cedarOnLoopback("http://127.0.0.1:8180")));
await reconcile(audit.getEntries(), gate.receipts());
