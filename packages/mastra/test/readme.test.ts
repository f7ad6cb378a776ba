import { globSync, readFileSync } from "node:fs";
import { type Surface, surfaces } from "@tollgate/conformance/adapter-driver";
import { describe, expect, it } from "vitest";
import { mastraDriver } from "./surfaces.ts";

const here = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, here), "utf8");
const [, chapter = ""] = read("README.md").split("## What is covered");
const [first = "", second = ""] = (chapter.split("\n## ")[0] ?? "").split(
  "What else Mastra can do to a call",
);

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => /^\| (?!surface|what \|)/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

describe("the README's table", () => {
  const rows = rowsOf(first);

  it("has a row for every surface of the conformance suite, in its order, and no other", () => {
    expect(rows.map(([title]) => title)).toEqual(Object.values(surfaces));
  });

  it.each(Object.entries(surfaces) as [Surface, string][])(
    "says of %s what the suite is told",
    (surface, title) => {
      const [, coverage, how] = rows.find(([name]) => name === title) ?? [];
      const covered = mastraDriver("responses").surfaces[surface];
      expect(coverage).toBe(covered.coverage);
      expect(how).not.toBe("");
      if (covered.coverage !== "enforces") expect(how).toBe(`${covered.why}; to close it: ${covered.close}`);
    },
  );
});

/** A test for each row of the second table, by its title. */
const shown: Readonly<Record<string, string>> = {
  "a list of fallback models": "is not gone through when %s is refused",
  "an error processor that asks for a retry": "is not tried again by an error processor that asks for it",
  "`prepareStep` or a processor that answers another model":
    "is gated: a model that prepareStep answers, even without the agent's processors",
  "tools that `prepareStep` or a processor puts in past the hooks":
    "put into a step by a processor, past the hooks, are decided once, and the agent's own too",
  "hooks, processors and models given for one call": "given for one %s do not replace the gate's",
  "a sub-agent": "is decided as a tool, and its model calls are a child run's of its caller's",
  "a network": "does not run a denied tool, though it runs tools past the hooks, and tells the router",
  "a thread's title": "is done without when it is refused: the answer stands",
  "a tool that suspends itself": "is paid once, when it goes on after %s",
  "an agent resumed by another Mastra of the same storage":
    "goes on in another Mastra with the same storage, whose gate asks and is answered anew",
  "a step of a workflow that is an agent":
    "that is refused fails, where Mastra would go on with an empty text",
  "a step of a workflow that is a tool": "does not run when it is denied: the step fails with the refusal",
  "a run that is stopped meanwhile": "ends %s of a stopped run, tells why, and has a receipt",
  "a model that a processor calls":
    "cannot find one that Mastra has turned into words: that of a model which a processor has called",
  "scorers with a judge, processors with a model, memory that observes":
    "gateAgent refuses, when the agent is made,",
  "durable agents, goals": "gateAgent refuses, when the agent is made,",
};

describe("the README's second table", () => {
  const tests = globSync("test/*.test.ts", { cwd: here })
    .filter((path) => !path.endsWith("readme.test.ts"))
    .map(read)
    .join();

  it("has the rows that are shown by tests, and no other", () => {
    expect(rowsOf(second).map(([what]) => what)).toEqual(Object.keys(shown));
  });

  it.each(Object.entries(shown))("has a test for %s", (_what, title) => {
    expect(tests).toContain(`"${title}"`);
  });
});
