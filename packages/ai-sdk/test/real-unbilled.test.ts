import { createOpenAI } from "@ai-sdk/openai";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { isUnbilledCall as isUnbilled } from "@tollgate/core/adapter";
import { APICallError, LoadAPIKeyError } from "ai";
import { describe, expect, it, onTestFinished } from "vitest";

const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "hi" }] }];

/** The error that the AI SDK's OpenAI client makes of a failed call. */
async function failure(baseURL: string, abortSignal?: AbortSignal): Promise<unknown> {
  const model = createOpenAI({ baseURL, apiKey: "none" })("gpt-4o");
  return model.doGenerate({ prompt, ...(abortSignal === undefined ? {} : { abortSignal }) }).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

const apiError = (statusCode?: number) =>
  new APICallError({
    message: "failed",
    url: "",
    requestBodyValues: {},
    ...(statusCode === undefined ? {} : { statusCode }),
  });

describe("a failed call surely cost nothing", () => {
  it.each([400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529])("after status %i", (status) => {
    expect(isUnbilled(apiError(status))).toBe(true);
  });

  it("when nobody listens at the address", async () => {
    const gone = await startMockProvider();
    await gone.stop();
    expect(isUnbilled(await failure(gone.url))).toBe(true);
  });

  it("when the host has no address", async () => {
    const dns = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    expect(isUnbilled(new APICallError({ message: "x", url: "", requestBodyValues: {}, cause: dns }))).toBe(
      true,
    );
  });

  it("when there is no key to send it with", () => {
    expect(isUnbilled(new LoadAPIKeyError({ message: "no key" }))).toBe(true);
  });
});

describe("a failed call may have cost something", () => {
  it.each([200, 408, 499, 504, 524])("after status %i", (status) => {
    expect(isUnbilled(apiError(status))).toBe(false);
  });

  it("when its connection was cut", async () => {
    const provider = await startMockProvider(() => ({ ending: "cut" }));
    onTestFinished(() => provider.stop());
    expect(isUnbilled(await failure(provider.url))).toBe(false);
  });

  it("when it was aborted on the way", async () => {
    const abort = new AbortController();
    const provider = await startMockProvider(() => {
      abort.abort();
      return { ending: "silent" };
    });
    onTestFinished(() => provider.stop());
    expect(isUnbilled(await failure(provider.url, abort.signal))).toBe(false);
  });

  it.each([[new Error("what?")], ["text"], [null], [undefined], [apiError()]])("for %s", (error) => {
    expect(isUnbilled(error)).toBe(false);
  });

  it("when its causes go round in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    expect(isUnbilled(error)).toBe(false);
  });
});
