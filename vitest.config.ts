import { existsSync, readdirSync } from "node:fs";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";
import { defineConfig } from "vitest/config";

// Workspace packages and their `#imports` resolve to source, so that tests need no build. Without "import", which is
// understood for imports: workers take these for require, too, and pg would get the wrong half of pg-pool.
const conditions = ["tollgate-source", "node", "module", "default"];

const folders = readdirSync("packages").filter((name) => existsSync(`packages/${name}/package.json`));

function project(name: string, include: readonly string[]): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: [...include] } };
}

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // No assertions: all three are for a machine that is busy with other things, where what a test starts takes long.
    // The wait for an event ends before its test does, so that the test tells for what it waited.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 50_000 } },
    projects: [
      project("workspace", ["test/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"]),
      project("examples", ["examples/**/*.test.ts"]),
      ...folders.map((name) => project(name, [`packages/${name}/{src,test}/**/*.test.ts`])),
    ],
  },
});

export default config;
