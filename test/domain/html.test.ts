import { describe, expect, test } from 'vitest';
import { html } from '../../lambdas/domain/html.ts';
import { countText } from '../../lambdas/domain/wording.ts';

describe('a piece of a page', () => {
  test('escapes what is put into it, in texts and in attributes', () => {
    expect(html`<p title="${`"'`}">${'<b>&amp;'}</p>`.text).toBe('<p title="&quot;&#39;">&lt;b&gt;&amp;amp;</p>');
  });

  test('takes other pieces as they are, one or many, and nothing else', () => {
    const row = (text: string) => html`<li>${text}</li>`;
    expect(html`<ul>${[row('a'), row('<')]}</ul>`.text).toBe('<ul><li>a</li><li>&lt;</li></ul>');
    expect(html`<ul>${[]}</ul>${row('b')}`.text).toBe('<ul></ul><li>b</li>');
  });

  test('has counts as India writes them', () => {
    expect(html`${2_000_000} of ${999}`.text).toBe('20,00,000 of 999');
    expect(countText(100_000)).toBe('1,00,000');
  });

  test('shows each control character as one that is none, but the end of a line', () => {
    expect(html`${'a\u0000b\u0085c\r\nd'}`.text).toBe('a\ufffdb\ufffdc\ufffd\nd');
  });

  test('shows marks of writing direction as such a one, too: none turns what stands beside it', () => {
    const marks = ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069'];
    expect(html`${`${marks.join('')}मुंबई`}`.text).toBe(`${'\ufffd'.repeat(7)}मुंबई`);
  });
});
