import fc from "fast-check";
import { expect, it } from "vitest";
import { type Aged, AgeList } from "./age-list.ts";

interface Item extends Aged<Item> {
  readonly name: number;
}

const item = (name: number): Item => ({ name, older: null, newer: null, since: 0 });

it("keeps the order of adding, whatever is removed in between", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(50))), (steps) => {
      const list = new AgeList<Item>();
      const model: Item[] = [];
      for (const [index, [adds, pick]] of steps.entries()) {
        const picked = model[pick % Math.max(1, model.length)];
        if (adds || picked === undefined) {
          const added = item(index);
          list.add(added, index);
          model.push(added);
        } else {
          list.remove(picked);
          model.splice(model.indexOf(picked), 1);
        }
        expect(list.size).toBe(model.length);
        expect(list.oldest).toBe(model[0] ?? null);
      }
      for (const expected of model) {
        expect(list.oldest).toBe(expected);
        list.remove(expected);
      }
      expect(list.oldest).toBe(null);
    }),
  );
});

it("names the oldest once it is old enough, or one too many", () => {
  const list = new AgeList<Item>();
  expect(list.overdue(0, 0, 0)).toBe(null);
  const first = item(1);
  list.add(first, 100);
  list.add(item(2), 200);
  expect(list.overdue(149, 50, 2)).toBe(null);
  expect(list.overdue(150, 50, 2)).toBe(first);
  expect(list.overdue(149, 50, 1)).toBe(first);
});

it("can hold an item again that was removed", () => {
  const list = new AgeList<Item>();
  const again = item(1);
  list.add(again, 1);
  list.add(item(2), 2);
  list.remove(again);
  list.add(again, 3);
  expect([list.size, list.oldest?.name, again.since]).toEqual([2, 2, 3]);
});
