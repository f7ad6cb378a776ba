/** An object's members, those that may be undefined as optional ones that never are. */
type Given<Members> = {
  [Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name];
} & {
  [Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<
    Members[Name],
    undefined
  >;
};

/** A copy with the members that are given: one that is undefined is left out. */
export function given<const Members extends object>(members: Members): Given<Members> {
  const copy: { [Name in keyof Members]?: unknown } = {};
  for (const name in members) if (members[name] !== undefined) copy[name] = members[name];
  return copy as Given<Members>;
}
