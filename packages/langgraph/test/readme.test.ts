import { surfaceTable } from "@tollgate/conformance/surface-table";
import { langgraphDriver } from "./surfaces.ts";

surfaceTable(new URL("../README.md", import.meta.url), langgraphDriver);
