/** What stands in a cell and nobody sees: it comes along where a text is copied from a message or a page. */

/**
 * Characters without a width, and marks of writing from left to right, which leave digits as they are. Not those of writing from right
 * to left: among them what is read may be in another order than what is written.
 */
const UNSEEN = /[\u200b-\u200e\u202a\u202c\u2060\u2066\u2068\u2069\ufeff]/g;

/** A text without what nobody sees in it, and without the blanks that it hid from whoever trims. */
export function seenOf(text: string): string {
  const seen = text.replace(UNSEEN, '');
  return seen === text ? text : seen.trim();
}
