import type { Alternatives, Atom, Literal } from "./condition.ts";

/**
 * Why a condition can never be true: of each of its alternatives the fewest atoms that cannot be true at once. Null
 * when nothing is found.
 *
 * What it says is sure; a condition of which nothing is found may still never be true.
 */
export function contradictionsOf(alternatives: Alternatives): readonly (readonly Atom[])[] | null {
  const found: (readonly Atom[])[] = [];
  for (const atoms of alternatives) {
    const groups = new Map<string, Atom[]>();
    for (const atom of atoms) groups.set(atom.path, [...(groups.get(atom.path) ?? []), atom]);
    const group = [...groups.values()].find((each) => !canHold(each));
    if (group === undefined) return null;
    found.push(fewest(group));
  }
  return found;
}

/** As few as possible of atoms that cannot be true at once, one or two where these are enough. */
function fewest(group: readonly Atom[]): readonly Atom[] {
  const alone = group.find((atom) => !canHold([atom]));
  if (alone !== undefined) return [alone];
  for (const [index, first] of group.entries()) {
    const second = group.slice(index + 1).find((other) => !canHold([first, other]));
    if (second !== undefined) return [first, second];
  }
  let left = group;
  for (const atom of group) {
    const without = left.filter((other) => other !== atom);
    if (!canHold(without)) left = without;
  }
  return left;
}

/** Whether there is a value for which all of the atoms are true. */
function canHold(atoms: readonly Atom[]): boolean {
  const [first] = atoms;
  if (first?.path === "true") return atoms.every(({ values }) => values[0] === true);
  const domain = candidates(atoms);
  if (domain !== null) return domain.some((value) => atoms.every((atom) => isTrueOf(atom, value)));
  return hasRoom(atoms);
}

/** The only values that can be meant, where they can be counted. */
function candidates(atoms: readonly Atom[]): readonly Literal[] | null {
  const field = atoms[0]?.field ?? null;
  if (field?.values !== undefined) return field.values;
  const listed = atoms.find(({ op }) => op === "==" || op === "in");
  if (listed !== undefined) return listed.values;
  return atoms.every(({ values }) => values.every((value) => typeof value === "boolean"))
    ? [true, false]
    : null;
}

function isTrueOf({ op, values, field }: Atom, value: Literal): boolean {
  if (typeof value === "bigint" && field?.type === "int") {
    if (field.least !== undefined && value < field.least) return false;
    if (field.most !== undefined && value > field.most) return false;
  }
  const [first] = values as [Literal];
  const isSame = (other: Literal): boolean => isEqual(value, other);
  switch (op) {
    case "==":
      return isSame(first);
    case "!=":
      return !isSame(first);
    case "in":
      return values.some(isSame);
    case "not in":
      return !values.some(isSame);
    case "<":
      return value < first;
    case "<=":
      return value <= first;
    case ">":
      return value > first;
    case ">=":
      return value >= first;
  }
}

function isEqual(value: Literal, other: Literal): boolean {
  const areNumbers = [value, other].every((each) => typeof each === "bigint" || typeof each === "number");
  return areNumbers ? !(value < other) && !(value > other) : value === other;
}

/** Whether bounds of numbers leave a value; for whole numbers a whole one. */
function hasRoom(atoms: readonly Atom[]): boolean {
  const field = atoms[0]?.field ?? null;
  let [least, most] = [field?.least ?? Number.NEGATIVE_INFINITY, field?.most ?? Number.POSITIVE_INFINITY];
  let [isLeastOut, isMostOut] = [false, false];
  for (const { op, values } of atoms) {
    const [value] = values;
    if (typeof value !== "bigint" && typeof value !== "number") continue;
    // Beyond 2^53 they would not be told apart.
    if (!Number.isSafeInteger(Number(value)) && typeof value === "bigint") continue;
    const bound = Number(value);
    if ((op === ">" || op === ">=") && (bound > least || (bound === least && op === ">"))) {
      [least, isLeastOut] = [bound, op === ">"];
    }
    if ((op === "<" || op === "<=") && (bound < most || (bound === most && op === "<"))) {
      [most, isMostOut] = [bound, op === "<"];
    }
  }
  if (field?.type === "int") {
    least = isLeastOut ? Math.floor(least) + 1 : Math.ceil(least);
    most = isMostOut ? Math.ceil(most) - 1 : Math.floor(most);
    return excluded(atoms, least, most) === null ? false : least <= most;
  }
  return least < most || (least === most && !isLeastOut && !isMostOut);
}

/** Null when each of the few whole numbers from `least` to `most` is ruled out by itself. */
function excluded(atoms: readonly Atom[], least: number, most: number): true | null {
  if (!(most - least < 64)) return true;
  for (let value = least; value <= most; value++) {
    if (atoms.every((atom) => isTrueOf(atom, BigInt(value)))) return true;
  }
  return null;
}
