import { adapterConformance } from "@tollgate/conformance/adapter-suite";
import { langgraphDriver } from "./surfaces.ts";

adapterConformance(langgraphDriver);
