import type { ReceiptLog } from "@tollgate/core";
import { turns } from "./passing-time.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A receipt log that takes a few turns for each receipt, one after the other. */
export function slowLog(sound: ReceiptLog, random: SeededRandom): ReceiptLog {
  let last: Promise<unknown> = Promise.resolve();
  return {
    append(entry) {
      const appending = last.then(async () => {
        await turns(random.below(3));
        await sound.append(entry);
      });
      last = appending.catch(() => undefined);
      return appending;
    },
    async head(chain) {
      await turns(random.below(3));
      return sound.head(chain);
    },
    read: (query) => sound.read(query),
    async heads() {
      await turns(random.below(3));
      return (await sound.heads?.()) ?? [];
    },
  };
}
