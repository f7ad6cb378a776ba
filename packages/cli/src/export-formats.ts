/** The forms that receipts can be exported in. */
export const exportFormats = ["dsse", "agt", "otlp", "csv"] as const;

/** One of {@link exportFormats}. */
export type ExportFormat = (typeof exportFormats)[number];
