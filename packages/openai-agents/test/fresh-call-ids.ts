/**
 * A fetch that makes the ids of tool calls unique over the responses, as OpenAI's own are.
 *
 * The Agents SDK takes an id that comes again in the same run for the same call, and does not run it a second time;
 * the mock provider, like some others, calls each of them `call_1`.
 */
export function freshCallIds(): typeof fetch {
  let responses = 0;
  return async (...request) => {
    const response = await fetch(...request);
    const suffix = `_${++responses}`;
    if (response.body === null) return response;
    let rest = "";
    // An id is never longer than an event, and events end with a line.
    const rename = new TransformStream<string, string>({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(`${renamed(line, suffix)}\n`);
      },
      flush(controller) {
        controller.enqueue(renamed(rest, suffix));
      },
    });
    const body = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(rename)
      .pipeThrough(new TextEncoderStream());
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    return new Response(body, { status: response.status, headers });
  };
}

function renamed(text: string, suffix: string): string {
  return text.replaceAll(/"(call_\d+)"/g, `"$1${suffix}"`);
}
