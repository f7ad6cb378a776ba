import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/**
 * What `@tollgate/core` adds to a web page, minified and gzipped, in kilobytes of 1,000 bytes.
 *
 * Bundled from its sources for a browser with everything it depends on but the price data, which a page that
 * knows its own prices can leave out.
 */
export async function coreBundleKb(): Promise<number> {
  const bundle = await rolldown({
    input: fileURLToPath(import.meta.resolve("@tollgate/core")),
    platform: "browser",
    external: ["@pydantic/genai-prices"],
    resolve: { conditionNames: ["tollgate-source", "browser", "import", "default"] },
  });
  try {
    const { output } = await bundle.generate({ format: "esm", minify: true });
    const code = output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
    return gzipSync(code, { level: 9 }).length / 1000;
  } finally {
    await bundle.close();
  }
}
