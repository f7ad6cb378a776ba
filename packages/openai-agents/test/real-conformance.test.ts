import { adapterConformance } from "@tollgate/conformance/adapter-suite";
import { agentsDriver, apis } from "./surfaces.ts";

for (const api of apis) adapterConformance(agentsDriver(api));
