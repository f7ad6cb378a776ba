/** What runs in Node only. */
export { type FileLogOptions, fileLog } from "./file-log.ts";
