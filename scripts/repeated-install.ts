import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from "node:child_process";

const attempts = 3;
const pauseMs = 5_000;

/**
 * Runs an installation that asks the registry, and again where it fails: at most three times in all, each of which is
 * told of on stderr. One answer that is late or an error is the network's doing, not that of what is installed.
 *
 * An attempt that has not ended after `options.timeout` has failed.
 */
export function repeatedInstall(
  command: string,
  args: readonly string[],
  options: SpawnSyncOptions & { readonly timeout: number },
): SpawnSyncReturns<string> {
  for (let attempt = 1; ; attempt++) {
    // A request that nobody answers ends after a minute instead of npm's five.
    const env = { npm_config_fetch_timeout: "60000", ...options.env };
    const ended = spawnSync(command, args, { maxBuffer: 2 ** 26, ...options, env, encoding: "utf8" });
    if (ended.status === 0 || attempt === attempts) return ended;
    const how = ended.error?.message ?? `it ended with ${ended.signal ?? ended.status}`;
    const last = `${ended.stdout}${ended.stderr}`.trimEnd().split("\n").slice(-5).join("\n");
    console.error(
      `${last}\nattempt ${attempt} of ${attempts} to install failed (${how}), once more in ${pauseMs / 1000} s`,
    );
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}
