/** A value in OTLP's JSON encoding (`AnyValue`): 64-bit integers are decimal strings. */
export type OtlpValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly arrayValue: { readonly values: readonly OtlpValue[] } }
  | { readonly kvlistValue: { readonly values: readonly OtlpAttribute[] } };

/** A named value in OTLP's JSON encoding (`KeyValue`). */
export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/** What an attribute may be made of: a bigint or number is an integer. */
export type Plain = string | boolean | bigint | number | readonly Plain[] | PlainMembers;

/** Members by name; one that is undefined or null is left out. */
export interface PlainMembers {
  readonly [name: string]: Plain | null | undefined;
}

/** Attributes in the order given; those that are undefined or null are left out. */
export function otlpAttributes(members: PlainMembers): readonly OtlpAttribute[] {
  return Object.entries(members).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: otlpValue(value) }],
  );
}

function otlpValue(value: Plain): OtlpValue {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "bigint":
    case "number":
      return { intValue: value.toString() };
    default:
      return isList(value)
        ? { arrayValue: { values: value.map(otlpValue) } }
        : { kvlistValue: { values: otlpAttributes(value) } };
  }
}

function isList(value: readonly Plain[] | PlainMembers): value is readonly Plain[] {
  return Array.isArray(value);
}
