import { adapterConformance } from "@tollgate/conformance/adapter-suite";
import { mastraDriver } from "./surfaces.ts";

adapterConformance(mastraDriver("responses"));
adapterConformance(mastraDriver("chat"));
