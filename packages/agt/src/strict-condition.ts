import type { AgtCondition } from "./condition.ts";
import type { ConditionTest } from "./condition-test.ts";
import type { FieldValues } from "./field-values.ts";
import { type Holding, holds } from "./strict-test.ts";

/** Whether a condition holds, or the reason why that depends on AGT's guess at the type of a value. */
export function conditionHolds({ anyOf }: AgtCondition, fields: FieldValues): Holding {
  let doubt: string | null = null;
  for (const group of anyOf) {
    const holding = groupHolds(group, fields);
    if (holding === true) return true;
    if (holding !== false) doubt ??= holding;
  }
  return doubt ?? false;
}

/** A group with a test that does not hold is out, whatever is doubtful about the others. */
function groupHolds(group: readonly ConditionTest[], fields: FieldValues): Holding {
  let doubt: string | null = null;
  for (const test of group) {
    const holding = holds(test, fields.value(test.path), () => fields.folded(test.path));
    if (holding === false) return false;
    if (holding !== true) doubt ??= holding;
  }
  return doubt ?? true;
}
