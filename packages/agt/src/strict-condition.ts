import type { AgtCondition } from "./condition.ts";
import type { FieldValues } from "./field-values.ts";
import { type Holding, type StrictTest, strictTest } from "./strict-test.ts";

/** Whether a condition holds for a call, or the reason why that depends on AGT's guess at the type of a value. */
export type StrictCondition = (fields: FieldValues) => Holding;

interface PathTest {
  readonly path: string;
  readonly holds: StrictTest;
}

/** Makes what tells whether a condition holds: once for each rule, asked for every call. */
export function strictCondition({ anyOf }: AgtCondition): StrictCondition {
  const groups = anyOf.map((group) =>
    group.map((test): PathTest => ({ path: test.path, holds: strictTest(test) })),
  );
  return (fields) => {
    let doubt: string | null = null;
    for (const group of groups) {
      const holding = groupHolds(group, fields);
      if (holding === true) return true;
      if (holding !== false) doubt ??= holding;
    }
    return doubt ?? false;
  };
}

/** A group with a test that does not hold is out, whatever is doubtful about the others. */
function groupHolds(group: readonly PathTest[], fields: FieldValues): Holding {
  let doubt: string | null = null;
  for (const { path, holds } of group) {
    const { value, folded } = fields.at(path);
    const holding = holds(value, folded);
    if (holding === false) return false;
    if (holding !== true) doubt ??= holding;
  }
  return doubt ?? true;
}
