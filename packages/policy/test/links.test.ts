import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@tollgate/core/testing";
import { lintPolicy, loadPolicy } from "@tollgate/policy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const rule = (id: string): string =>
  `version: 1\nrules: [{ id: ${id}, when: action.name == "${id}", then: allow }]\n`;
const including = (...files: readonly string[]): string => `version: 1\ninclude: [${files.join(", ")}]\n`;

describe("a policy whose files are links", () => {
  let folder = "";
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  const problems = (file: string): readonly string[] =>
    lintPolicy(file).map(
      ({ line, column, message }) => `${line}:${column} ${message.replaceAll(`${folder}/`, "")}`,
    );
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-links-")));
    mkdirSync(at("teams"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read through them, to files in the folder and out of it", () => {
    mkdirSync(at("elsewhere"));
    write("elsewhere/shared.yaml", rule("shared"));
    write("near.yaml", rule("near"));
    symlinkSync("../elsewhere/shared.yaml", at("teams/shared.yaml"));
    symlinkSync("near.yaml", at("link.yaml"));
    const policy = loadPolicy(write("main.yaml", including("teams/shared.yaml", "link.yaml")));
    expect(policy.ruleIds).toEqual(["near", "shared"]);
    expect(policy.files).toEqual([at("main.yaml"), at("teams/shared.yaml"), at("link.yaml")]);
  });

  it("includes what stands beside the link, not beside what it leads to", () => {
    write("teams/main.yaml", including("more.yaml"));
    write("teams/more.yaml", rule("beside-the-file"));
    write("more.yaml", rule("beside-the-link"));
    symlinkSync("teams/main.yaml", at("main.yaml"));
    expect(loadPolicy(at("main.yaml")).ruleIds).toEqual(["beside-the-link"]);
  });

  it("is one file under all of its names", () => {
    write("a.yaml", rule("a"));
    symlinkSync("a.yaml", at("b.yaml"));
    symlinkSync("main.yaml", at("again.yaml"));
    symlinkSync(".", at("here"));
    const main = write("main.yaml", including("a.yaml", "b.yaml", "again.yaml", "here/here/main.yaml"));
    expect(problems(main)).toEqual([
      "2:19 b.yaml is a link to a.yaml, which is included already; leave it out",
      "2:27 again.yaml is a link to main.yaml, which is included already; leave it out",
      "2:39 here/here/main.yaml is a link to main.yaml, which is included already; leave it out",
    ]);
  });

  it("is refused where links lead in a circle or nowhere, by the line that names them", () => {
    symlinkSync("second.yaml", at("first.yaml"));
    symlinkSync("first.yaml", at("second.yaml"));
    symlinkSync("gone.yaml", at("dangling.yaml"));
    symlinkSync("teams", at("folder.yaml"));
    const main = write("main.yaml", including("first.yaml", "dangling.yaml", "folder.yaml", "none.yaml"));
    expect(problems(main)).toEqual([
      "2:11 first.yaml cannot be read: it is a link that leads back to itself; link it to a file",
      "2:23 dangling.yaml cannot be read: it is a link to gone.yaml, which is not there",
      "2:38 folder.yaml cannot be read: it is no file",
      "2:51 none.yaml cannot be read: there is no such file",
    ]);
    expect(problems(at("first.yaml"))).toEqual([
      "1:1 it cannot be read: it is a link that leads back to itself; link it to a file",
    ]);
    expect(problems(at("dangling.yaml"))).toEqual([
      "1:1 it cannot be read: it is a link to gone.yaml, which is not there",
    ]);
  });

  it("changes when a link is made to lead elsewhere, as mounted configurations do", () => {
    for (const version of ["one", "two"]) {
      mkdirSync(at(version));
      write(`${version}/tollgate.yaml`, rule(version));
    }
    symlinkSync("one", at("data"));
    symlinkSync("data/tollgate.yaml", at("tollgate.yaml"));
    const policy = loadPolicy(at("tollgate.yaml"));
    const clock = manualClock();
    const told: (readonly string[])[] = [];
    const stop = policy.watch({ everyMs: 1000, clock, onReload: ({ ruleIds }) => told.push(ruleIds) });
    symlinkSync("two", at("data.new"));
    renameSync(at("data.new"), at("data"));
    for (let look = 0; look < 3; look++) clock.advance(1000);
    stop();
    expect(told).toEqual([["two"]]);
  });
});
