import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const good = `version: 1
rules:
  - id: no-delete
    priority: 5
    when: action.kind == "tool" && action.name.startsWith("delete_")
    then: deny
    reason: deleting is for people
  - { id: night, when: time.hour < 6, then: require_approval, reason: at night }
  - { id: models, when: action.kind == "llm" && run.steps > 100, then: stop, reason: long enough }
`;

const cases = `cases:
  - { name: deleting, action: { kind: tool, name: delete_user }, expect: deny }
  - { name: reading, action: { kind: tool, name: read_user }, expect: allow }
`;

describe("tollgate policy", () => {
  it("lints: good policies with their digests, others by line and column", async () => {
    using folder = new TestFolder();
    folder.write("tollgate.yaml", good);
    folder.write("bad.yaml", good.replace("startsWith", "startWith").replace("then: stop", "then: stopp"));
    const right = await tollgate(["policy", "lint", "tollgate.yaml"], { cwd: folder.path });
    expect(right).toMatchObject({ code: 0, stderr: "" });
    expect(right.stdout).toMatch(/^good: tollgate\.yaml, 3 rules, sha256:[0-9a-f]{64}\n$/);
    const wrong = await tollgate(["policy", "lint", "tollgate.yaml", "bad.yaml"], { cwd: folder.path });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain(
      "bad.yaml:5:36: there is no method startWith(); did you mean startsWith()?",
    );
    expect(wrong.stdout).toContain("bad.yaml:9:");
    expect(wrong.stdout).toContain("2 problems");
    const none = await tollgate(["policy", "lint", "none.yaml", "--json"], { cwd: folder.path });
    expect(none.code).toBe(1);
    expect(JSON.parse(none.stdout)).toMatchObject([{ file: "none.yaml", line: 1, column: 1 }]);
  });

  it("tests: what fails, and which rules are not covered", async () => {
    using folder = new TestFolder();
    folder.write("tollgate.yaml", good);
    folder.write("cases.yaml", cases);
    const passed = await tollgate(["policy", "test", "tollgate.yaml", "cases.yaml"], { cwd: folder.path });
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain("2 passed, 0 failed; 1 of 3 rules covered");
    expect(passed.stdout).toContain("not covered: rule night matches in no case");
    const covered = await tollgate(["policy", "test", "--covered", "tollgate.yaml", "cases.yaml"], {
      cwd: folder.path,
    });
    expect(covered.code).toBe(1);
    folder.write("cases.yaml", cases.replace("expect: allow", "expect: skip"));
    const failed = await tollgate(["policy", "test", "tollgate.yaml", "cases.yaml"], { cwd: folder.path });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain("FAIL  reading\n      cases.yaml:3: expected skip, got allow");
  });

  it("explains: which rules looked at an action, and why it is decided so", async () => {
    using folder = new TestFolder();
    folder.write("tollgate.yaml", good);
    const { code, stdout } = await tollgate(
      ["policy", "explain", "tollgate.yaml", "{ action: { kind: tool, name: delete_user } }"],
      { cwd: folder.path },
    );
    expect(code).toBe(0);
    expect(stdout).toBe(`deny by policy, rule no-delete
deleting is for people

RULE       PRIORITY  ANSWER
no-delete         5  matched
night             0  not asked: decided before

1 more rule is not about actions of this kind and name
`);
  });

  it("tells no secret, whatever it shows", async () => {
    using folder = new TestFolder();
    folder.write(
      "tollgate.yaml",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how a policy names a secret
      "version: 1\nrules: [{ id: a, when: true, then: { degrade: { params: { key: '${env.KEY}' } } }, reason: x }]\n",
    );
    const action = "{ action: { kind: llm, name: gpt-4o } }";
    const explain = (env: Readonly<Record<string, string>>) =>
      tollgate(["policy", "explain", "tollgate.yaml", action, "--json"], { cwd: folder.path, env });
    const { code, stdout } = await explain({ KEY: "s3cret" });
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it stands as it is written
    expect(JSON.parse(stdout).verdict.patch.params).toEqual({ key: "${env.KEY}" });
    expect((await explain({})).stderr).toContain("the environment has no KEY");
  });

  it("diffs: which past decisions would change, and by how much money", async () => {
    using folder = new TestFolder();
    folder.write(
      "tollgate.yaml",
      'version: 1\nrules: [{ id: none, when: action.kind == "llm", then: deny, reason: no models }]\n',
    );
    const { code, stdout, stderr } = await tollgate(["policy", "diff", "tollgate.yaml", samplePath], {
      cwd: folder.path,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TIME \(UTC\) +ACTION +WAS +WOULD BE +MONEY +WHY\n/);
    expect(stdout).toMatch(/allow +deny +\$0\.\d+ +no models/);
    expect(stdout).toMatch(/\d+ of \d+ decisions would change\n\$\d+\.\d+ was spent; \$\d+\.\d+ of it/);
    expect(stderr).toContain("not");
  });

  it("diffs: how many decisions cannot be judged, and by which rules", async () => {
    using folder = new TestFolder();
    folder.write(
      "tollgate.yaml",
      "version: 1\nrules: [{ id: cheap-only, when: params.amount > 5, then: deny, reason: too much }]\n",
    );
    const told = await tollgate(["policy", "diff", "tollgate.yaml", samplePath], { cwd: folder.path });
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(
      /\n(\d+) cannot be told, for which \$[\d.]+ was spent: their receipts have no parameters \(params: "full"\)\n {2}\1 by rule cheap-only\n$/,
    );
    const json = await tollgate(["policy", "diff", "tollgate.yaml", samplePath, "--json"], {
      cwd: folder.path,
    });
    const { untold, untoldBy } = JSON.parse(json.stdout);
    expect(untold).toBeGreaterThan(0);
    expect(untoldBy).toEqual([{ rule: "cheap-only", decisions: untold }]);
  });

  it("names what is wrong with a policy in one line, and where to see the rest", async () => {
    using folder = new TestFolder();
    folder.write("bad.yaml", "version: 1\nrules: [{ id: a, then: allow }, { id: b }]\n");
    const { code, stderr } = await tollgate(["policy", "explain", "bad.yaml", "{}"], { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^tollgate: bad\.yaml:2:9: the rule has no when \(and 2 more: tollgate policy lint bad\.yaml\)\n$/,
    );
  });
});
