import fc from "fast-check";
import { expect, it } from "vitest";
import { type Due, DueQueue } from "./due-queue.ts";

type Step = {
  readonly do: "add" | "remove" | "move" | "shift";
  readonly pick: number;
  readonly dueAt: number;
};

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom("add", "add", "add", "add", "remove", "move", "shift"),
    pick: fc.nat(100),
    dueAt: fc.nat(50),
  }),
  { maxLength: 120 },
);

it("has what is due next in front, whatever is added, removed and moved", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const queue = new DueQueue<Due>();
      const waiting: Due[] = [];
      for (const { do: action, pick, dueAt } of list) {
        const picked = waiting[pick % Math.max(1, waiting.length)];
        if (action === "add") {
          const item = { dueAt, place: -1 };
          queue.add(item);
          waiting.push(item);
        } else if (picked !== undefined && action === "move") {
          queue.move(picked, dueAt);
        } else if (picked !== undefined) {
          const item = action === "shift" ? (queue.first ?? picked) : picked;
          queue.remove(item);
          waiting.splice(waiting.indexOf(item), 1);
        }
        expect(queue.size).toBe(waiting.length);
        expect(queue.first?.dueAt).toBe(
          waiting.length === 0 ? undefined : Math.min(...waiting.map((d) => d.dueAt)),
        );
      }
      const order: number[] = [];
      for (let first = queue.first; first !== undefined; first = queue.first) {
        order.push(first.dueAt);
        queue.remove(first);
      }
      expect(order).toEqual(waiting.map((item) => item.dueAt).sort((a, b) => a - b));
    }),
  );
});

it("leaves alone what it does not hold", () => {
  const queue = new DueQueue<Due>();
  const first = { dueAt: 1, place: -1 };
  queue.add(first);
  queue.remove({ dueAt: 1, place: -1 });
  expect(queue.first).toBe(first);
  queue.remove(first);
  queue.remove(first);
  expect(queue.size).toBe(0);
});

it("brings forward what takes the place of a later one", () => {
  const queue = new DueQueue<Due>();
  const times = [0, 100, 1, 101, 102, 200, 2, 103, 104, 105, 106, 201, 202, 203, 3];
  const items = times.map((dueAt) => ({ dueAt, place: -1 }));
  for (const item of items) queue.add(item);
  // The last one, due at 3, takes the place of the one due at 103, under one that is due at 101.
  queue.remove(items[7] as Due);
  const order: number[] = [];
  for (let first = queue.first; first !== undefined; first = queue.first) {
    order.push(first.dueAt);
    queue.remove(first);
  }
  expect(order).toEqual([0, 1, 2, 3, 100, 101, 102, 104, 105, 106, 200, 201, 202, 203]);
});
