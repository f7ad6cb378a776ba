// What the pages of docs/concepts say, each page in a file of its own. All of it runs offline and asserts.
import "./the-sequence.ts";
import "./decisions.ts";
import "./remote-evaluators.ts";
import "./approvals.ts";
import "./budgets.ts";
import "./soft-limits.ts";
import "./estimates.ts";
import "./attempts.ts";
import "./receipts.ts";
import "./keys.ts";
import "./sample-receipts.ts";
import "./failure.ts";

console.log("All concepts hold.");
