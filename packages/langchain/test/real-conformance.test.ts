import { adapterConformance } from "@tollgate/conformance/adapter-suite";
import { langchainDriver } from "./surfaces.ts";

adapterConformance(langchainDriver);
