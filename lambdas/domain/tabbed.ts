/**
 * Lines of the work bucket that only this system reads: cells between tabs, one record a line. They are read and written millions of times
 * in a batch, so they have no quotes; characters that would break a line are escaped.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  // Line readers, Node's among them, may also break lines at these.
  '\u2028': '\\u',
  '\u2029': '\\v',
};
const MEANINGS = Object.fromEntries(Object.entries(ESCAPES).map(([meant, written]) => [written, meant]));

/** One line, without its LF. */
export function tabbedLine(cells: readonly string[]): string {
  return cells.map((cell) => cell.replace(/[\\\t\n\r\u2028\u2029]/g, (one) => ESCAPES[one] ?? one)).join('\t');
}

/** The cells of a line that `tabbedLine` made. */
export function tabbedCells(line: string): string[] {
  const cells = line.split('\t');
  if (!line.includes('\\')) return cells;
  return cells.map((cell) => cell.replace(/\\./g, (two) => MEANINGS[two] ?? two));
}

/** A line of the work bucket that does not have the cells of its kind. */
export class BadWorkLine extends Error {
  override name = 'BadWorkLine';
}
