/** What runs in Node only. */
export { type FileLogOptions, fileLog } from "./file-log.ts";
export { createKeyFile, readKeyFile } from "./key-file.ts";
export { type PemFileOptions, readPemFile } from "./pem-file.ts";
export { type SignaturePool, signaturePool } from "./signature-pool.ts";
