import { celTest } from "./cel-test.ts";
import type { AgtCondition } from "./condition.ts";
import type { ConditionFlaw, ConditionTest } from "./condition-test.ts";

/** A condition of AGT's in CEL, with the same answer; or why some of it has none. */
export function celCondition({ anyOf }: AgtCondition): string | readonly ConditionFlaw[] {
  const flaws: ConditionFlaw[] = [];
  const groups = anyOf.map((group) =>
    group
      .map((test) => {
        const cel = celTest(test);
        if (typeof cel === "string") return cel;
        flaws.push(cel);
        return "";
      })
      .join(" && "),
  );
  return flaws.length > 0 ? flaws : groups.join(" || ");
}

/** Whether no call can fulfil both conditions, which is so for sure; not all such pairs are found. */
export function excludeEachOther(one: AgtCondition, other: AgtCondition): boolean {
  return one.anyOf.every((group) =>
    other.anyOf.every((second) => group.some((test) => second.some((next) => areDisjoint(test, next)))),
  );
}

function areDisjoint(one: ConditionTest, other: ConditionTest): boolean {
  if (one.path !== other.path) return false;
  const [wanted, others] = [wantedBy(one), wantedBy(other)];
  if (wanted === null || others === null || typeof wanted[0] !== typeof others[0]) return false;
  return !wanted.some((value) => others.includes(value));
}

/** The only values for which a test holds, of one type; null where it is not about such. */
function wantedBy(test: ConditionTest): readonly (string | number | boolean)[] | null {
  if (test.op === "in") return test.values;
  return test.op === "==" ? [test.value] : null;
}
