/** The parts that all views are made of. */
import htm from 'htm';
import { h } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export const html = htm.bind(h);

/** The address of an endpoint of the console, or of a view of the page. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}

/**
 * Asks the console.
 * @throws an Error with the console's answer where it refuses
 */
export async function ask(url, options = {}) {
  const response = await fetch(url, options);
  const answer = await response.json().catch(() => ({ error: `the console answered ${response.status}` }));
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export const post = (url, body) => ask(url, { method: 'POST', body });

/** The least time between two looks, in milliseconds. */
const EVERY = 1000;

/** The console's answer, asked for again and again while somebody looks, and less often where it takes long. `again` asks at once. */
export function useLive(url) {
  const [state, set] = useState({ url, data: undefined, error: undefined });
  const now = useRef(() => {});
  useEffect(() => {
    let timer;
    let isOver = false;
    let before;
    const look = async () => {
      clearTimeout(timer);
      const began = performance.now();
      if (!document.hidden) {
        try {
          const response = await fetch(url);
          const text = await response.text();
          if (isOver) return;
          if (text !== before) {
            const data = JSON.parse(text);
            set(response.ok ? { url, data, error: undefined } : { url, data: undefined, error: data.error });
          }
          before = text;
        } catch {
          if (isOver) return;
          before = undefined;
          set((was) => ({ ...was, error: 'The local cloud does not answer. It may have been stopped.' }));
        }
      }
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(look, Math.max(EVERY, 10 * (performance.now() - began)));
    };
    const seen = () => {
      if (!document.hidden) look();
    };
    now.current = look;
    look();
    document.addEventListener('visibilitychange', seen);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [url]);
  const again = useCallback(() => now.current(), []);
  // Another address's answer is not shown under this one.
  return state.url === url ? { ...state, again } : { data: undefined, error: undefined, again };
}

/** A view of an answer of the console. */
export function Live({ url, children }) {
  const { data, error, again } = useLive(url);
  if (error !== undefined) return html`<p class="error" role="alert">${error}</p>`;
  if (data === undefined) return html`<p class="quiet">…</p>`;
  return children(data, again);
}

/** The beginnings of the pages after the first one, and the ways on and back. */
export function usePages(of) {
  const [pages, set] = useState({ of, starts: [] });
  const starts = pages.of === of ? pages.starts : [];
  return {
    start: starts.at(-1),
    number: starts.length + 1,
    next: (start) => set({ of, starts: [...starts, start] }),
    back: () => set({ of, starts: starts.slice(0, -1) }),
  };
}

/** Buttons to the next page and back; nothing where there is one page only. */
export function Pager({ pages, next, what }) {
  const isMore = next !== undefined && next !== null;
  if (!isMore && pages.number === 1) return null;
  return html`<nav class="pager" aria-label=${`Pages of ${what}`}>
    <button type="button" onClick=${pages.back} disabled=${pages.number === 1}>Back</button>
    <span>Page ${pages.number}</span>
    <button type="button" onClick=${() => pages.next(next)} disabled=${!isMore}>Next</button>
  </nav>`;
}

/** An instant as people read it: `2026-06-01 06:00:00`, in UTC. */
export function instant(at) {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** A time span in its two largest units. */
export function span(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return milliseconds > 0 && milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${seconds} s`;
}

export function Instant({ at }) {
  return html`<time class="id" datetime=${new Date(at).toISOString()}>${instant(at)}</time>`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

const COUNT = new Intl.NumberFormat('en');
export const count = (number = 0) => COUNT.format(number);

const STATUS = {
  RUNNING: ['running', 'running'],
  SUCCEEDED: ['succeeded', 'succeeded'],
  FAILED: ['failed', 'failed'],
  TIMED_OUT: ['failed', 'timed out'],
  ABORTED: ['failed', 'aborted'],
};

export function Status({ of }) {
  const [kind, text] = STATUS[of] ?? ['', of];
  return html`<span class=${`status ${kind}`}>${text}</span>`;
}

/** JSON, indented for people; any other text as it is. */
export function pretty(text) {
  if (typeof text !== 'string') return text === undefined || text === null ? '' : JSON.stringify(text, null, 2);
  if (!/^\s*[[{"]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A text with a name, such as an execution's input; a long one scrolls, also by the keyboard. */
export function Text({ label, children }) {
  const text = pretty(children);
  if (text === '') return null;
  return html`<figure class="text">
    <figcaption>${label}</figcaption>
    <pre tabindex="0" role="region" aria-label=${label}>${text}</pre>
  </figure>`;
}

/** A table that scrolls in itself where the screen is narrow. */
export function Grid({ label, columns, children, empty = 'Nothing yet.' }) {
  const rows = Array.isArray(children) ? children.flat() : [children];
  if (rows.length === 0) return html`<p class="quiet">${empty}</p>`;
  return html`<div class="grid" role="region" aria-label=${label} tabindex="0">
    <table>
      <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.number ? 'number' : ''}>${column.name ?? column}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>
  </div>`;
}

/** Names and values; a name without a value is left out. */
export function Facts({ of }) {
  const given = Object.entries(of).filter(([, value]) => ![undefined, null, '', false].includes(value));
  return html`<dl class="facts">${given.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** The gist of a line: a log's JSON with its level and message first, metrics by their names. */
function brief(text) {
  if (!text.startsWith('{')) return text;
  let line;
  try {
    line = JSON.parse(text);
  } catch {
    return text;
  }
  const { _aws, level, message, ...rest } = line;
  if (_aws?.CloudWatchMetrics !== undefined)
    return html`<span class="quiet">metrics ${JSON.stringify({ ...rest, ...(message && { message }) })}</span>`;
  if (typeof level !== 'string' || typeof message !== 'string') return text;
  const isBad = /^(error|critical|fatal|warn)/i.test(level);
  return html`<span class=${isBad ? 'error' : 'quiet'}>${level}</span> <strong>${message}</strong> <span class="quiet">${JSON.stringify(rest)}</span>`;
}

/** The records of a function, a queue or a topic: time and text, each to be opened. */
export function Records({ of, label, empty }) {
  if (of.length === 0) return html`<p class="quiet">${empty}</p>`;
  return html`<ol class="records" aria-label=${label}>${of.map(
    ({ n, at, text, attributes, of: place }) => html`<li key=${`${place?.id} ${n}`}>
      <details>
        <summary class="mark-open">${at !== undefined && html`<${Instant} at=${at} />`} ${place && html`<span class="place">${place.name}</span> `}<span class="id line">${brief(text)}</span></summary>
        ${Object.keys(attributes ?? {}).length > 0 && html`<${Facts} of=${attributes} />`}
        <pre tabindex="0" role="region" aria-label="Text">${pretty(text)}</pre>
      </details>
    </li>`,
  )}</ol>`;
}
