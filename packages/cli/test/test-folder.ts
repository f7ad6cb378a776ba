import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for a test's files, gone at its end. */
export class TestFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "tollgate-cli-"));

  /** Writes a file, and answers its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
