import type { Meter } from "./scope.ts";

/** The names in a map, each of which is paid for: engines list them at every asking. @throws TooManySteps */
export function namesOf(map: object, meter: Pick<Meter, "spend">): readonly string[] {
  const names = Object.keys(map);
  meter.spend(names.length << 5);
  return names;
}
