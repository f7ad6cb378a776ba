import { describe, expect, it, vi } from "vitest";
import { countCommands, pages, readPage, withOutputs } from "./console-blocks.ts";

// A page runs some twenty processes.
vi.setConfig({ testTimeout: 180_000 });

describe("the documentation of the command", () => {
  it.each(pages)("shows what its commands print: %s", async (page) => {
    const text = readPage(page);
    expect(countCommands(text)).toBeGreaterThan(0);
    expect(await withOutputs(text)).toBe(text);
  });

  it("leaves out no command", () => {
    const page = readPage("docs/reference/cli.md");
    const commands = ["keygen", "verify", "show", "balances", "prove", "export", "reconcile", "tail"];
    for (const command of [...commands, "budgets", "ledger", "approvals", "stops", "policy", "migrate"]) {
      expect(page).toContain(`\n## tollgate ${command}\n`);
    }
  });
});
