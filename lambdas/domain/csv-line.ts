/** The one CSV writer. */

/** One line of a CSV file, its LF included; cells are quoted where RFC 4180 asks for it. */
export function csvLine(cells: readonly string[]): string {
  const line = cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
  return line === '' ? '""\n' : `${line}\n`;
}

/**
 * A text from outside, made safe for spreadsheets: a `'` is put before a character that could begin a formula, also behind a `;` or a tab,
 * where some spreadsheets begin a new cell.
 */
export function outside(text: string): string {
  return text.replace(/^(?=[=+\-@\t\r])|(?<=[;\t]\s*)(?=[=+\-@])/g, "'");
}
