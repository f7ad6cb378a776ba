import { hostileNames } from "./hostile-names.ts";
import type { Result } from "./samples.ts";

/** One figure with a target. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  readonly target: number;
  readonly ok: boolean;
}

/** Whether a value must stay below its target or get above it. */
type Bound = "most" | "least";

/** What core's root entry may add to a page, in kilobytes of 1,000 bytes; a test holds it to this, too. */
export const bundleTargetKb = 40;

/** What Tollgate promises of its speed and size; {@link judge} tells what became of it. */
const targets: readonly {
  readonly name: string;
  readonly bound: Bound;
  readonly target: number;
  readonly value: (figures: Figures) => number;
}[] = [
  ratio("decide_over_sign", 2.5, ({ p50 }) => p50("decide") / p50("sign")),
  ratio("decide_llm_over_sign", 2.5, ({ p50 }) => p50("decide_llm") / p50("sign")),
  ratio("settle_over_sign", 2, ({ p50 }) => p50("settle") / p50("sign")),
  ratio("settle_llm_over_sign", 2, ({ p50 }) => p50("settle_llm") / p50("sign")),
  ratio("policy_100_rules_over_sign", 3, ({ p50 }) => p50("policy_100_rules") / p50("sign")),
  ratio("policy_100_general_rules_over_sign", 3, ({ p50 }) => p50("policy_100_general_rules") / p50("sign")),
  // Whatever conditions and parameters are made of, one decision's rules hold up the process no longer, in milliseconds.
  ratio(
    "policy_hostile_worst_ms",
    50,
    ({ p50 }) => Math.max(...hostileNames.map((name) => p50(`policy_hostile_${name}`))) / 1000,
  ),
  ratio("policy_1000_rules_over_100", 2, ({ p50 }) => p50("policy_1000_rules") / p50("policy_100_rules")),
  ratio("decide_p99_over_sign_p50", 10, ({ p99, p50 }) => p99("decide") / p50("sign")),
  ratio("ai_sdk_call_over_sign", 10, added("ai_sdk_generate_text")),
  ratio("langchain_call_over_sign", 12, added("langchain_model_call")),
  ratio("langchain_tool_over_sign", 12, added("langchain_tool_call")),
  ratio("langgraph_call_over_sign", 12, added("langgraph_node")),
  // Missed: a gated call is a LangGraph task of its own, so that its siblings do not run again when it waits for
  // approval. The task alone takes more than four signatures, the gate inside of a graph more than eight.
  ratio("langgraph_tool_over_sign", 12, added("langgraph_tool_call")),
  ratio("openai_agents_call_over_sign", 12, added("openai_agents_run")),
  ratio("openai_agents_tool_over_sign", 12, added("openai_agents_tool_call")),
  ratio("mastra_call_over_sign", 12, added("mastra_generate")),
  ratio("mastra_tool_over_sign", 12, added("mastra_tool_call")),
  ratio("core_bundle_kb", bundleTargetKb, ({ bundleKb }) => bundleKb),
  // Group commit can gain what the disk costs: where a sync takes less than about 0.3 ms, 64 callers are held up
  // by their own signatures, and this is missed.
  {
    ...ratio(
      "fsync_64_over_fsync_1_throughput",
      8,
      ({ rate }) => rate("decide_file_fsync_64") / rate("decide_file_fsync_1"),
    ),
    bound: "least",
  },
  // What the disk alone costs, or 10,000 receipts a second: whichever is easier there.
  ratio(
    "append_fsync_64_over_bare",
    1.3,
    ({ rate }) => Math.min(rate("write_fdatasync_by_64"), 13_000) / rate("append_fsync_64"),
  ),
  ratio("verify_receipt_over_signature", 1.25, ({ p50 }) => p50("verify_receipt") / p50("verify")),
  { ...ratio("verify_receipts_per_second", 14_000, ({ rate }) => rate("verify_receipt")), bound: "least" },
  {
    ...ratio(
      "verify_jobs_2_speed_up",
      1.7,
      ({ p50 }) => p50("verify_file_jobs_1") / p50("verify_file_jobs_2"),
    ),
    bound: "least",
  },
  // A ledger's reserve and settle against as many bare transactions, by what gets done; where nothing waits for the
  // disk by the time that a call takes, as checkpoints come when they come.
  ...(["normal_1", "chosen_keys_1"] as const).map((name) =>
    atLeast(
      `sqlite_${name}_over_bare`,
      0.7,
      ({ p50 }) =>
        (2 * p50("bare_sqlite_normal")) / (p50(`reserve_sqlite_${name}`) + p50(`settle_sqlite_${name}`)),
    ),
  ),
  ...(["normal_64", "full_1", "full_64"] as const).map((name) =>
    atLeast(
      `sqlite_${name}_over_bare`,
      0.7,
      ({ rate }) =>
        2 /
        (1 / rate(`reserve_sqlite_${name}`) + 1 / rate(`settle_sqlite_${name}`)) /
        rate(`bare_sqlite_${name.replace(/_.*/, "")}`),
    ),
  ),
  ratio("sqlite_1000000_stored_over_1", 1.5, ({ p50 }) => {
    const pair = (stored: number) =>
      p50(`reserve_sqlite_stored_${stored}`) + p50(`settle_sqlite_stored_${stored}`);
    return pair(1_000_000) / pair(1);
  }),
  ...[1, 16].map((callers) =>
    atLeast(
      `postgres_${callers}_over_bare`,
      0.7,
      ({ rate }) => rate(`reserve_postgres_${callers}`) / rate(`bare_postgres_${callers}`),
    ),
  ),
  ratio(
    "postgres_1000000_stored_over_1",
    1.5,
    ({ p50 }) => p50("reserve_postgres_stored_1000000") / p50("reserve_postgres_1"),
  ),
  // A whole decision that asks AGT, over what AGT takes alone and the gate takes alone.
  ratio(
    "decide_agt_over_agt_and_decide",
    1.2,
    ({ p50 }) => p50("decide_agt_10_rules") / (p50("agt_evaluate_log_10_rules") + p50("decide_no_rules")),
  ),
  ratio("leased_over_memory", 1.5, ({ p50 }) => p50("decide_gate_leased") / p50("decide_gate_memory")),
  atLeast(
    "leased_over_postgres_4_processes",
    8,
    ({ rate }) => rate("spend_leased_4_processes") / rate("spend_postgres_4_processes"),
  ),
];

/** What values are worked out from. */
interface Figures {
  p50(name: string): number;
  p99(name: string): number;
  rate(name: string): number;
  readonly bundleKb: number;
}

function ratio(name: string, target: number, value: (figures: Figures) => number): (typeof targets)[number] {
  return { name, bound: "most", target, value };
}

function atLeast(
  name: string,
  target: number,
  value: (figures: Figures) => number,
): (typeof targets)[number] {
  return { name, bound: "least", target, value };
}

/** What the gate adds to a framework's call, in signatures. */
function added(call: string): (figures: Figures) => number {
  return ({ p50 }) => (p50(`${call}_gated`) - p50(`${call}_bare`)) / p50("sign");
}

/** Holds what was measured against the targets. */
export function judge(results: readonly Result[], bundleKb: number): readonly Ratio[] {
  const of = (name: string): Result => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) throw new Error(`"${name}" was not measured`);
    return found;
  };
  const figures: Figures = {
    p50: (name) => of(name).p50Us,
    p99: (name) => of(name).p99Us,
    rate: (name) => of(name).opsPerSecond,
    bundleKb,
  };
  return targets.map(({ name, bound, target, value: work }) => {
    const value = work(figures);
    return { name, value, target, ok: bound === "most" ? value <= target : value >= target };
  });
}

/** How a target is written: `<= 2.5`. */
export function targetText(name: string, target: number): string {
  const bound = targets.find((each) => each.name === name)?.bound ?? "most";
  return `${bound === "most" ? "<=" : ">="} ${target}`;
}
