import { StorageFailed } from "@tollgate/core";
import { schemaVersion } from "./schema/migrations.ts";

/** @throws StorageFailed for a schema that a later version of this package made. */
export function refuseNewer(version: number): void {
  if (version <= schemaVersion) return;
  throw new StorageFailed(
    `the schema tollgate is at version ${version}, this package knows ${schemaVersion}: update @tollgate/postgres`,
  );
}
