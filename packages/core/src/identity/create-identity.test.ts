import fc from "fast-check";
import { expect, it } from "vitest";
import { capabilities, covers } from "../action/capability.ts";
import type { Subject } from "../action/subject.ts";
import { createIdentity } from "./create-identity.ts";
import type { CallerField, Holder } from "./identity.ts";

const fields = ["tenant", "user", "agent", "role", "session"] as const;
const name = fc.constantFrom("a", "b");
const capability = fc.constantFrom(...capabilities);
const said = fc.record(
  { tenant: name, user: name, agent: name, role: name, session: name, capability },
  { requiredKeys: [] },
) as fc.Arbitrary<Subject>;
/** What a caller says, in a field or two; also that one is left out. */
const claimed: fc.Arbitrary<Subject> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom(...fields), fc.option(name, { nil: undefined })),
      fc.tuple(fc.constant("capability"), fc.option(capability, { nil: undefined })),
    ),
    { maxLength: 2 },
  )
  .map((entries) => Object.fromEntries(entries) as Subject);
const callerFills = fc.subarray<CallerField>(["user", "session"]);

/** A run opened with these claims, and its children below one another. */
function runsOf(subject: Subject, fills: readonly CallerField[], chain: readonly Subject[]): Holder[] {
  const identity = createIdentity(() => ({ subject, expiresAt: 1000, callerFills: fills }));
  const [first = {}, ...rest] = chain;
  const runs = [identity.holder("credential", first, (_who, answer) => answer)];
  for (const claims of rest) runs.push((runs.at(-1) as Holder).child(claims));
  return runs;
}

it("never lets a run, or a child of it at any depth, be more than its credential and its parent", () => {
  let admitted = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      said,
      callerFills,
      fc.array(claimed, { minLength: 1, maxLength: 3 }),
      (subject, fills, chain) => {
        let outer = subject;
        for (const run of runsOf(subject, fills, chain)) {
          if (run.admit(0, undefined) !== null) {
            refused += 1;
            expect(run.subject).toBe(null);
            return;
          }
          admitted += 1;
          const own = run.subject as Subject;
          for (const field of fields) {
            const isFree = outer[field] === undefined && (fills as readonly string[]).includes(field);
            if (!isFree) expect(own[field]).toBe(outer[field]);
          }
          if (own.capability !== outer.capability) {
            const [granted, lower] = [outer.capability, own.capability];
            expect(granted !== undefined && lower !== undefined && covers(granted, lower)).toBe(true);
          }
          outer = own;
        }
      },
    ),
    { numRuns: 2000, seed: 7 },
  );
  expect(admitted).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(200);
});

it("admits what says no more than the credential, and says it as it was granted", () => {
  fc.assert(
    fc.property(said, fc.subarray([...fields]), (subject, repeated) => {
      const claims = Object.fromEntries(
        repeated.flatMap((field) => (subject[field] === undefined ? [] : [[field, subject[field]]])),
      );
      const [run] = runsOf(subject, [], [claims]);
      expect(run?.admit(0, claims)).toBe(null);
      expect(run?.subject).toEqual(subject);
    }),
  );
});

it("refuses for one action what it refuses for a child run, and the other way round", () => {
  fc.assert(
    fc.property(said, callerFills, claimed, (subject, fills, claims) => {
      const [run] = runsOf(subject, fills, [{}]);
      const byAction = run?.admit(0, claims);
      const byChild = run?.child(claims).admit(0, undefined);
      expect(byAction).toEqual(byChild);
    }),
  );
});
