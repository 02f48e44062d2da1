/** A table: a page of its items, or of those of one partition. */
import { useState } from 'preact/hooks';
import { address, Grid, html, Live, Pager, Text, usePages } from './parts.js';

/** A value of DynamoDB's JSON, without its types. */
function plain(value) {
  const [[type, content] = []] = Object.entries(value ?? {});
  if (type === 'M') return Object.fromEntries(Object.entries(content).map(([name, one]) => [name, plain(one)]));
  if (type === 'L') return content.map(plain);
  if (type === 'N') return Number.isSafeInteger(Number(content)) ? Number(content) : content;
  if (type === 'NULL') return null;
  return content;
}

const short = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function Item({ item, keys, close }) {
  const all = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
  return html`<section class="opened" aria-label="Item">
    <h2 class="id">${keys.map((key) => short(all[key])).join(' / ')}</h2>
    <p class="actions"><button type="button" onClick=${close}>Close</button></p>
    <${Text} label="Attributes">${JSON.stringify(all)}<//>
  </section>`;
}

export function TableView({ place, name }) {
  const { id, partition = '' } = place;
  const [typed, setTyped] = useState(partition);
  const [chosen, choose] = useState();
  const pages = usePages(`${id} ${partition}`);
  const search = (event) => {
    event.preventDefault();
    location.hash = address('/table', { id, partition: typed });
  };
  return html`<h1 tabindex="-1">${name} <small>table</small></h1>
    <p class="id quiet">${id}</p>
    <${Live} url=${address('/api/items', { table: id, partition, after: pages.start })}>${({ keys, items, next }) => {
      const keyOf = (item) => JSON.stringify(keys.map((key) => item[key]));
      const opened = items.find((item) => keyOf(item) === chosen);
      return html`
        <form class="filter" onSubmit=${search}>
          <label><code>${keys[0]}</code> is <input class="id" name="partition" value=${typed} autocomplete="off" spellcheck=${false} onInput=${(event) => setTyped(event.target.value)} /></label>
          <button>Find</button>
          ${partition !== '' && html`<a href=${address('#/table', { id })} onClick=${() => setTyped('')}>All items</a>`}
        </form>
        <div class=${opened === undefined ? '' : 'split'}>
          <div>
            <${Grid} label="Items" columns=${[...keys, 'Other attributes']} empty=${partition === '' ? 'The table is empty.' : 'There is no such item.'}>
              ${items.map((item) => {
                const others = Object.entries(item).filter(([attribute]) => !keys.includes(attribute));
                const text = others.map(([attribute, value]) => `${attribute}: ${short(plain(value))}`).join(', ');
                const isChosen = keyOf(item) === chosen;
                return html`<tr key=${keyOf(item)} class=${isChosen ? 'chosen' : ''}>
                  ${keys.map(
                    (key, n) =>
                      html`<td class="id">${
                        n === 0
                          ? html`<button type="button" class="link" aria-pressed=${String(isChosen)} onClick=${() => choose(keyOf(item))}>${short(plain(item[key]))}</button>`
                          : short(plain(item[key]))
                      }</td>`,
                  )}
                  <td class="id line">${text.length > 300 ? `${text.slice(0, 300)} …` : text}</td>
                </tr>`;
              })}
            <//>
            <${Pager} pages=${pages} next=${next} what="items" />
          </div>
          ${opened !== undefined && html`<${Item} item=${opened} keys=${keys} close=${() => choose(undefined)} />`}
        </div>`;
    }}<//>`;
}
