import { expect, it } from "vitest";
import { coreBundleKb } from "./bundle-size.ts";
import { bundleTargetKb } from "./targets.ts";

it("core's root entry stays within its target on a page", async () => {
  const size = await coreBundleKb();
  expect(size).toBeGreaterThan(10);
  expect(size).toBeLessThanOrEqual(bundleTargetKb);
});
