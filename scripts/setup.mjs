// Installs what the workspace needs, once, then runs a task under the workspace's own Node.
//
//   node scripts/setup.mjs <task> [arguments of the task]
//
// Runs on Node 20 with nothing installed but npm; hence plain JavaScript and no dependencies. It keeps
// stdout for the task: whatever set-up has to say goes to stderr.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";
const bin = join(root, "node_modules", ".bin");
const workspaceNode = join(root, "node_modules", "node", "bin", windows ? "node.exe" : "node");
const stampFile = join(root, "node_modules", ".tollgate-setup");
const source = "--conditions=tollgate-source";
/** How often it tries to install. */
const attempts = 3;

/** What each task hands to Node; the caller's own arguments come after. */
const tasks = {
  demo: [source, "examples/demo/main.ts"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
  bench: [source, "bench/main.ts"],
  soak: [source, "bench/soak.ts"],
  build: ["node_modules/tsdown/dist/run.mjs"],
  types: ["node_modules/typescript/bin/tsc", "-p", "."],
  lint: ["node_modules/@biomejs/biome/bin/biome", "check"],
  format: ["node_modules/@biomejs/biome/bin/biome", "check", "--write"],
  knip: ["node_modules/knip/bin/knip.js"],
  changeset: ["node_modules/@changesets/cli/bin.js"],
  changesets: ["scripts/check-changesets.ts"],
  readme: ["scripts/check-readme.ts"],
  vectors: [source, "packages/core/test/vectors/write-vectors.ts"],
  examples: ["scripts/run-examples.ts"],
  packages: ["scripts/check-packages.ts"],
  lowest: ["scripts/check-lowest.ts"],
  /** Only sets up. */
  setup: ["--version"],
};

/** A failure that the reader can act on: shown as one line, without a stack. */
class SetupError extends Error {}

try {
  const [name = "", ...args] = process.argv.slice(2);
  if (!Object.hasOwn(tasks, name)) {
    throw new SetupError(`there is no task "${name}"; the tasks are ${Object.keys(tasks).join(", ")}`);
  }
  await install();
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  const ended = await run(workspaceNode, [...tasks[name], ...args], { env: { ...process.env, PATH: path } });
  endLike(ended);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`tollgate: ${error.message}`);
  process.exitCode = 1;
}

/** Installs with the pinned pnpm, unless what is installed is already what the lockfile says. */
async function install() {
  const [major] = process.versions.node.split(".");
  if (Number(major) < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old to set up with; use Node 20 or later`);
  }
  const stamp = fingerprint();
  if (existsSync(workspaceNode) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;

  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [packageManager] = manifest.packageManager.split("+");
  console.error(
    `tollgate: installing the workspace with ${packageManager} (first run, or dependencies changed)`,
  );
  // A set-up that is cut short must not look finished.
  rmSync(stampFile, { force: true });
  const arguments_ = [
    "--yes",
    packageManager,
    "install",
    "--frozen-lockfile",
    "--config.confirmModulesPurge=false",
  ];
  // npm's own warnings are about the reader's machine, not about this repository. A request that nobody answers
  // ends after a minute instead of npm's five.
  const quiet = { npm_config_loglevel: "error", npm_config_update_notifier: "false" };
  const env = { npm_config_fetch_timeout: "60000", ...process.env, ...quiet };
  for (let attempt = 1; ; attempt++) {
    let output = "";
    const onOutput = (text) => {
      output += text;
    };
    const ended = await run("npx", arguments_, { env, shell: windows, onOutput });
    if (ended.code === 0) break;
    if (ended.signal) endLike(ended);
    console.error(output.trimEnd().split("\n").slice(-20).join("\n"));
    // A registry may fail once; a lockfile that does not fit the manifests stays so.
    if (attempt === attempts || /ERR_PNPM_\w*LOCKFILE/.test(output)) {
      throw new SetupError(
        `set-up failed, ${packageManager} said why above; check the network and npm's registry, then run it again`,
      );
    }
    console.error(`tollgate: attempt ${attempt} of ${attempts} to install failed, once more in 5 s`);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
  }
  if (!existsSync(workspaceNode)) {
    throw new SetupError(
      `set-up failed, the npm package "node" has no Node for ${process.platform} ${process.arch}`,
    );
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

/** A hash of all that decides what gets installed: the lockfile, every manifest and the machine. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const folders = ["packages", "examples"].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(parent, name)) : [],
  );
  for (const folder of [".", "bench", ...folders.sort()]) {
    const manifest = join(root, folder, "package.json");
    if (existsSync(manifest)) hash.update(`\0${folder}\0`).update(readFileSync(manifest));
  }
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/**
 * Runs a command to its end and passes the signals that reach this process on to it.
 *
 * With `onOutput` its output is handed over instead of shown, and it gets no input.
 */
function run(command, args, { env, shell = false, onOutput }) {
  return new Promise((resolve, reject) => {
    const stdio = onOutput ? ["ignore", "pipe", "pipe"] : "inherit";
    const child = spawn(command, args, { cwd: root, env, shell, stdio });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", onOutput);

    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    const pass = (signal) => {
      // Ctrl-C reaches every process at the terminal; passed on as well, the task would get it twice.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, pass);
    const stop = () => {
      for (const signal of signals) process.off(signal, pass);
    };
    child.on("error", (error) => {
      stop();
      reject(new SetupError(`cannot run ${command}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      stop();
      resolve({ code, signal });
    });
  });
}

/** Ends this process the way a child ended: with its exit code, or by the signal that killed it. */
function endLike({ code, signal }) {
  if (signal) {
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  } else {
    process.exitCode = code ?? 1;
  }
}
