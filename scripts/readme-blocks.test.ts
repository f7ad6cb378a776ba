import { describe, expect, it } from "vitest";
import { checkMarkdown } from "./readme-blocks.ts";

const files: Readonly<Record<string, string>> = {
  "examples/a/main.ts": [
    "import x;",
    "function main() {",
    "  // #region use",
    "  if (x) {",
    "    // #region inner",
    "    y();",
    "    // #endregion",
    "  }",
    "",
    "  z();",
    "  // #endregion",
    "}",
    "// #region open",
    "",
  ].join("\n"),
  "examples/a/output.txt": "allowed\ndenied\n",
};
const read = (path: string): string | null => files[path] ?? null;
const use = "if (x) {\n  y();\n}\n\nz();";
const check = (text: string): ReturnType<typeof checkMarkdown> => checkMarkdown(text, read);

describe("code blocks in Markdown", () => {
  it("pass when they equal their region, without its indentation and inner markers", () => {
    const text = `# Title\n<!-- from examples/a/main.ts#use -->\n\`\`\`ts\n${use}\n\`\`\`\nend\n`;
    expect(check(text)).toEqual({ problems: [], text, marked: 1 });
  });

  it("fail when stale, and are brought up to date", () => {
    const stale = "<!-- from examples/a/main.ts#use -->\n```ts\nold();\n```\n\ntext\n";
    const checked = check(stale);
    expect(checked.problems).toEqual(["line 2: is not what examples/a/main.ts says any more"]);
    expect(check(checked.text)).toEqual({
      problems: [],
      text: stale.replace("old();", use),
      marked: 1,
    });
  });

  it("may be a whole file, such as an output", () => {
    expect(check("<!-- from examples/a/output.txt -->\n```text\nallowed\ndenied\n```\n").problems).toEqual(
      [],
    );
    expect(check("<!-- from examples/a/output.txt -->\n```\nallowed\n```\n").problems).toHaveLength(1);
  });

  it("keep their place in a list", () => {
    const text = "- do\n  <!-- from examples/a/output.txt -->\n  ```text\n  allowed\n  denied\n  ```\n";
    expect(check(text).problems).toEqual([]);
  });

  it.each(["ts", "tsx", "typescript"])("fail when they are %s and come from nowhere", (language) => {
    expect(check(`text\n\`\`\`${language}\nx();\n\`\`\`\n`).problems).toHaveLength(1);
  });

  it("may be of another language and come from nowhere", () => {
    const text = "```sh\nnpm i\n```\n\n```text\n<!-- from x -->\n```\n";
    expect(check(text)).toEqual({ problems: [], text, marked: 0 });
  });

  it.each([
    ["a file that is gone", "<!-- from examples/b/main.ts#use -->\n```ts\n```\n", /no file examples\/b/],
    ["a region that is gone", "<!-- from examples/a/main.ts#gone -->\n```ts\n```\n", /no region gone/],
    ["a region without an end", "<!-- from examples/a/main.ts#open -->\n```ts\n```\n", /does not end/],
    ["a comment without a block", "<!-- from examples/a/main.ts#use -->\n\n```sh\n```\n", /no code block/],
    ["a block without an end", "text\n```ts\nx();\n", /does not end/],
  ])("fail for %s", (_what, text, problem) => {
    expect(check(text).problems.join("\n")).toMatch(problem);
  });
});
