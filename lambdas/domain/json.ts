/** A JSON file as we write it for people: two spaces, keys in the value's own order, a final newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
