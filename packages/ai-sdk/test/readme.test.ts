import { surfaceTable } from "@tollgate/conformance/surface-table";
import { aiSdkDriver } from "./surfaces.ts";

surfaceTable(new URL("../README.md", import.meta.url), aiSdkDriver);
