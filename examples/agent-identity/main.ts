// Agents that show who they are by signed tokens. It runs offline: issuer and provider are on local ports.
import "./agent.ts";
import "./graph.ts";
import "./revoked.ts";
import "./tokens.ts";

console.log("Every agent was who its token said.");
