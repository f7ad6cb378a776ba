/** Text from outside may hold lone surrogates or be endless; a receipt may not. */
export function cleanText(text: string): string {
  return text.toWellFormed().slice(0, 1024).toWellFormed();
}
