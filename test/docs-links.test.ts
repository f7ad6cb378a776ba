import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../scripts/public-packages.ts";

interface Link {
  readonly page: string;
  readonly target: string;
}

const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "test_vectors/*.md"], {
  cwd: root,
}).sort();
const links = pages.flatMap((page) => linksOf(page, read(page)));
const relative = links.filter(({ target }) => !/^[a-z]+:/.test(target));

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The text without its code, in which brackets mean something else. */
function withoutCode(text: string): string {
  return text.replace(/^(\s*)(`{3,}).*?^\1\2\s*$/gms, "").replace(/`[^`\n]*`/g, "");
}

function linksOf(page: string, text: string): readonly Link[] {
  return [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => ({ page, target }));
}

/** The anchors of a page's headings, as GitHub makes them: a repeated one gets a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.replace(/^```.*?^```/gms, "").matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with a link, or null. */
function problemOf({ page, target }: Link, readPage: (path: string) => string | null): string | null {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  const text = readPage(file);
  if (text === null) return `${page}: there is no ${file}`;
  if (anchor === undefined || anchorsOf(text).has(anchor)) return null;
  return `${page}: ${file} has no heading #${anchor}`;
}

function readPage(path: string): string | null {
  if (!existsSync(join(root, path))) return null;
  return path.endsWith(".md") ? read(path) : "";
}

describe("links in the documentation", () => {
  it("are there to be checked", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/README.md"]));
    expect(relative.length).toBeGreaterThan(20);
    expect(relative.some(({ target }) => target.includes("#"))).toBe(true);
  });

  it("lead to files and headings that exist", () => {
    expect(relative.flatMap((link) => problemOf(link, readPage) ?? [])).toEqual([]);
  });

  it("leave no page of the docs out of the index", () => {
    const reached = new Set<string>();
    const visit = (page: string): void => {
      if (reached.has(page)) return;
      reached.add(page);
      for (const { target } of relative.filter((link) => link.page === page)) {
        const [path = ""] = target.split("#");
        if (path !== "") visit(normalize(join(dirname(page), path)));
      }
    };
    visit("docs/README.md");
    expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });

  it.each<[string, string | null]>([
    ["b.md", null],
    ["b.md#the-end-1", null],
    ["#a-b_c-d", null],
    ["b.md#nowhere", "docs/a.md: docs/b.md has no heading #nowhere"],
    ["b.md#not-a-heading", "docs/a.md: docs/b.md has no heading #not-a-heading"],
    ["../gone.md", "docs/a.md: there is no gone.md"],
  ])("are told apart: %s", (target, problem) => {
    const files: Readonly<Record<string, string>> = {
      "docs/a.md": "# A, `b_c` d!\n",
      "docs/b.md": "## The end\n```sh\n# not a heading\n```\n## The end\n",
    };
    expect(problemOf({ page: "docs/a.md", target }, (path) => files[path] ?? null)).toBe(problem);
  });

  it("in code are none", () => {
    const text = "[a](one.md) `[b](two.md)`\n```ts\n[c](three.md)\n```\n- [d](four.md#x)\n";
    expect(linksOf("p.md", text).map(({ target }) => target)).toEqual(["one.md", "four.md#x"]);
  });
});
