export {
  type ChainOptions,
  createChain,
  keyContent,
  type ReceiptChain,
  type ReceiptContent,
} from "../receipt/chain.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
