import { adapterConformance } from "@tollgate/conformance/adapter-suite";
import { aiSdkDriver } from "./surfaces.ts";

adapterConformance(aiSdkDriver);
