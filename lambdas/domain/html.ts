/** HTML whose texts are escaped where they are put in. */
import { countText } from './wording.ts';

/** A piece of a page whose texts are escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be put into a piece of a page. */
export type Content = string | number | Html | readonly Html[];

/** A piece of a page; what is put into it is escaped unless it is one. */
export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(texts.reduce((page, text, n) => page + markup(contents[n - 1] ?? '') + text));
}

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (typeof content === 'number') return countText(content);
  return typeof content === 'string' ? escaped(content) : content.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Control characters have no place in HTML, and nothing to say in a name. Nor have marks of writing direction: by them a text shows
 * otherwise than it is, and they may end an element's own direction and so reorder what stands after it.
 */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one).replace(/[^\P{Cc}\n]|\p{Bidi_Control}/gu, '\ufffd');
}
