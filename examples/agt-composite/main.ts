// Microsoft's Agent Governance Toolkit and Tollgate in one process, in three ways. Nothing of AGT is changed.
import "./composite.ts";
import "./callback.ts";
import "./parallel.ts";
