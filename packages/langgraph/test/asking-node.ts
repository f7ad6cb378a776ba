import type { BaseMessage } from "@langchain/core/messages";
import { Annotation, type AnnotationRoot, type BaseChannel, type OverwriteValue } from "@langchain/langgraph";
import type { Gate, Run } from "@tollgate/core";
import { type GatedNode, type GateNodeOptions, gateNode } from "../src/index.ts";
import { asking, type Fixture } from "./fixture.ts";

type Reduced<Value> = BaseChannel<Value, Value | OverwriteValue<Value>, unknown>;

/** A state of notes, and of a model's last answer, which tells what was used. */
export const Notes: AnnotationRoot<{
  notes: Reduced<string[]>;
  answer: Reduced<BaseMessage | null>;
}> = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
  answer: Annotation<BaseMessage | null>({ reducer: (_a, b) => b, default: () => null }),
});

/** How a node of such a graph is gated. */
export type Options = GateNodeOptions<typeof Notes.State, typeof Notes.Update>;

/** A node that asks the model once. */
export function asker(
  { gate, ask }: Pick<Fixture, "ask"> & { readonly gate: Gate | Run },
  edges: NonNullable<Options["edges"]> = {},
): GatedNode<typeof Notes.State, typeof Notes.Update> {
  return gateNode<typeof Notes.State, typeof Notes.Update>(gate, {
    action: () => asking,
    call: async (_state, permit, { signal }) => {
      const answer = await ask(permit, "hi", signal);
      return { notes: [answer.text], answer };
    },
    edges,
  });
}

/** A node that notes something and costs nothing. */
export const note =
  (text: string): (() => { notes: string[] }) =>
  () => ({ notes: [text] });
