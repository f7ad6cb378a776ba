import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyEngine } from "@microsoft/agent-governance-sdk";
import { loadPolicy } from "@tollgate/policy";
import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { TestFolder } from "./test-folder.ts";

const yaml = `name: finance
default_action: deny
rules:
  - name: reading
    condition: tool in ['search', 'read_file']
    ruleAction: allow
  - { name: large, condition: params.amount > 100, effect: require_approval, approvers: [cfo], priority: 5 }
`;
const run = (folder: TestFolder, ...args: string[]) =>
  tollgate(["policy", "import-agt", ...args], { cwd: folder.path });

describe("tollgate policy import-agt", () => {
  it("writes the policy to stdout, or to a file that is not there yet", async () => {
    using folder = new TestFolder();
    folder.write("agt.yaml", yaml);
    const shown = await run(folder, "agt.yaml");
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(loadPolicy(shown.stdout).ruleIds).toEqual(["large", "reading"]);
    const written = await run(folder, "agt.yaml", "--out", "tollgate.yaml");
    expect(written).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(join(folder.path, "tollgate.yaml"), "utf8")).toBe(shown.stdout);
    const again = await run(folder, "agt.yaml", "--out", "tollgate.yaml");
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toBe("tollgate: cannot write the policy to tollgate.yaml: it is there already\n");
  });

  it("reads the same from JSON", async () => {
    using folder = new TestFolder();
    const engine = new PolicyEngine();
    folder.write("agt.yaml", yaml);
    folder.write("agt.json", JSON.stringify(engine.loadYaml(yaml)));
    expect((await run(folder, "agt.json")).stdout).toBe((await run(folder, "agt.yaml")).stdout);
  });

  it("tells all that stands against a policy by file and rule, and writes nothing then", async () => {
    using folder = new TestFolder();
    folder.write(
      "agt.yaml",
      yaml.replace("tool in [", "tool contains [").replace("priority: 5", "limit: 5/day"),
    );
    const { code, stdout } = await run(folder, "agt.yaml", "--out", "tollgate.yaml");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^agt\.yaml: policy "finance", rule "reading": never fires.*\nagt\.yaml: policy "finance", rule "large": limit has no equal.*\n\n2 problems\n$/,
    );
    expect(existsSync(join(folder.path, "tollgate.yaml"))).toBe(false);
  });

  it("refuses what a policy would not be loaded with, such as a rule that another always decides before", async () => {
    using folder = new TestFolder();
    folder.write("agt.yaml", `${yaml}  - { name: late, condition: kind == 'tol', effect: deny }\n`);
    const { code, stdout } = await run(folder, "agt.yaml");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^agt\.yaml: rule "late" as it would be written: .*tol.*\n\n1 problem\n$/);
  });

  it.each([
    ["none.yaml", null, "there is no such file"],
    ["a.json", "{", ""],
    ["a.yaml", "name: [", ""],
    ["a.yaml", "name: a\nname: b\n", ""],
    ["a.yaml", "name: !!binary aGk=\n", ""],
    ["a.yaml", "name: a\nagents: [1_000]\n", "AGT reads 1_000 as a number: write it in quotes, or in digits"],
  ])("says in one line why it cannot read %s: %j", async (name, text, why) => {
    using folder = new TestFolder();
    if (text !== null) folder.write(name, text);
    const { code, stdout, stderr } = await run(folder, name);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^tollgate: cannot read the policy .*\n$/);
    expect(stderr).toContain(`${name}: ${why}`);
  });
});
