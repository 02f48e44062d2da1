/** Characters in a cell that nobody sees: they come along when a text is copied from a message or a page. */

/**
 * Characters without a width, and marks of writing from left to right, which leave digits as they are. Marks of writing from right to left
 * are not among them: with these the order that is read may differ from the one that is written.
 */
const UNSEEN = /[\u200b-\u200e\u202a\u202c\u2060\u2066\u2068\u2069\ufeff]/g;

/** A text without its unseen characters, and without the blanks that these hid from a trim. */
export function seenOf(text: string): string {
  const seen = text.replace(UNSEEN, '');
  return seen === text ? text : seen.trim();
}
