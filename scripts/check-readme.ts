// Checks that every TypeScript block in the README files and the docs is taken from a file that is run.
//
//   node scripts/check-readme.ts [--write]
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./public-packages.ts";
import { checkMarkdown } from "./readme-blocks.ts";

const write = process.argv.includes("--write");
const pages = globSync(["README.md", "packages/*/README.md", "docs/**/*.md"], { cwd: root }).sort();

let problems = 0;
let marked = 0;
for (const page of pages) {
  const path = join(root, page);
  const text = readFileSync(path, "utf8");
  let checked = checkMarkdown(text, read);
  if (write && checked.text !== text) {
    writeFileSync(path, checked.text);
    checked = checkMarkdown(checked.text, read);
    console.log(`${page}: written`);
  }
  for (const problem of checked.problems) console.log(`${page}: ${problem}`);
  problems += checked.problems.length;
  marked += checked.marked;
}

console.log(`${marked} code blocks on ${pages.length} pages come from files, ${problems} problems`);
// Having checked nothing is not a pass.
process.exitCode = problems > 0 || marked === 0 ? 1 : 0;

function read(path: string): string | null {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
