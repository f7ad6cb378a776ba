import type { Terminal } from "./terminal.ts";

/** What a progress line is made from; asked again and again. */
export interface ProgressSource {
  readonly totalBytes: number | null;
  readonly readBytes: number;
  readonly readLines: number;
}

const delayMs = 500;
const everyMs = 100;
const barWidth = 24;

/**
 * Shows how far the work is on stderr, where that is a terminal, while `work` runs; short work shows nothing.
 */
export async function withProgress<Result>(
  { stderr }: Pick<Terminal, "stderr">,
  source: ProgressSource,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!stderr.isTTY) return work();
  const start = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - start;
    if (elapsedMs < delayMs) return;
    shown = true;
    stderr.write(`\r${progressLine(source, elapsedMs).slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
  }, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (shown) stderr.write("\r\x1b[K");
  }
}

/** One line: a bar, how many receipts, how fast, how long to go. */
export function progressLine(
  { totalBytes, readBytes, readLines }: ProgressSource,
  elapsedMs: number,
): string {
  const rate = `${grouped(readLines)} receipts  ${grouped((readLines / elapsedMs) * 1000)}/s`;
  if (totalBytes === null || totalBytes === 0) return rate;
  const part = Math.min(1, readBytes / totalBytes);
  const full = Math.round(part * barWidth);
  const bar = "█".repeat(full) + "░".repeat(barWidth - full);
  const leftMs = part === 0 ? null : elapsedMs / part - elapsedMs;
  const left = leftMs === null ? "" : `  ${clock(leftMs)} left`;
  return `${bar} ${Math.floor(part * 100)}%  ${rate}${left}`;
}

/** `1:05` or `2:00:05`. */
function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = (seconds % 60).toString().padStart(2, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${minutes.toString().padStart(2, "0")}:${rest}`;
}

/** A whole number with its thousands apart. */
export function grouped(value: number | bigint): string {
  const digits = (typeof value === "bigint" ? value : BigInt(Math.round(value))).toString();
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}
