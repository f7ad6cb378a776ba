/** How much text is gathered before it is written, where nobody waits for each line. */
const roomBytes = 64 * 1024;

/** A stream that text is written to, with backpressure. */
export interface Output {
  /** Writes text, sooner or later; resolves when more may come. */
  write(text: string): Promise<void>;
  /** Writes what has been gathered. */
  flush(): Promise<void>;
}

/** An output that gathers text on its way into a file or a pipe; on a terminal each text is shown at once. */
export function createOutput(stream: NodeJS.WriteStream): Output {
  let gathered = "";
  const flush = async (): Promise<void> => {
    if (gathered === "") return;
    const text = gathered;
    gathered = "";
    if (stream.write(text)) return;
    await new Promise<void>((resolve) => stream.once("drain", resolve));
  };
  return {
    flush,
    async write(text) {
      gathered += text;
      if (stream.isTTY || gathered.length >= roomBytes) await flush();
    },
  };
}
