import { Embeddings } from "@langchain/core/embeddings";
import { OpenAIEmbeddings } from "@langchain/openai";
import { balanceOf, endingsOf } from "@tollgate/conformance/test-gate";
import { ActionDenied } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { gateEmbeddings } from "../src/index.ts";
import { open } from "./fixture.ts";

const model = "text-embedding-3-small";
const prices = { models: { [model]: { input: "$0.10" } } };

/** A client of which nothing is known but LangChain's own interface. */
class Plain extends Embeddings {
  readonly calls: string[][] = [];
  readonly model: string = model;
  readonly batchSize: number = 2;

  async embedDocuments(texts: string[]): Promise<number[][]> {
    this.calls.push(texts);
    return texts.map((text) => [text.length]);
  }

  async embedQuery(text: string): Promise<number[]> {
    this.calls.push([text]);
    return [text.length];
  }
}

describe("gated embeddings", () => {
  it("of OpenAI book each request with the usage that it reports", async () => {
    const { run, gate, provider } = await open(() => ({ usage: { inputTokens: 7, outputTokens: 0 } }), {
      prices,
    });
    const openai = new OpenAIEmbeddings({
      model,
      apiKey: "none",
      maxRetries: 0,
      batchSize: 2,
      configuration: { baseURL: provider.url },
    });
    const vectors = await gateEmbeddings(openai, run).embedDocuments([..."abc"]);
    expect(vectors).toHaveLength(3);
    expect(provider.count()).toBe(2);
    expect(await endingsOf(gate)).toEqual(["settled reported", "settled reported"]);
    expect(await balanceOf(gate)).toEqual({ spent: 2n * 7n * 100n, held: 0n });
  });

  it("of any other client book each batch as estimated, in the order of the texts", async () => {
    const { run, gate } = await open(undefined, { prices });
    const plain = new Plain({});
    expect(await gateEmbeddings(plain, run).embedDocuments(["a", "bb", "ccc"])).toEqual([[1], [2], [3]]);
    expect(plain.calls).toEqual([["a", "bb"], ["ccc"]]);
    expect(await endingsOf(gate)).toEqual(["settled estimated", "settled estimated"]);
    expect((await balanceOf(gate)).spent).toBeGreaterThan(0n);
  });

  it("of any other client stop a query that is refused", async () => {
    const { run } = await open(undefined, { prices, budgets: [{ id: "none", limit: "0 calls" }] });
    const plain = new Plain({});
    await expect(gateEmbeddings(plain, run).embedQuery("a")).rejects.toBeInstanceOf(ActionDenied);
    expect(plain.calls).toEqual([]);
  });
});
