/** A bucket: its folders and objects, an opened object, and uploads. */
import { useState } from 'preact/hooks';
import { address, ask, bytes, Facts, Grid, html, Instant, Live, Pager, Text, usePages } from './parts.js';

const at = (id, prefix, key) => address('#/bucket', { id, prefix, key });

function Path({ id, prefix }) {
  const parts = prefix.split('/').slice(0, -1);
  return html`<nav class="path" aria-label="Folder"><ol>
    <li><a href=${at(id, '')}>${id}</a></li>
    ${parts.map((part, n) => html`<li key=${n}><a href=${at(id, `${parts.slice(0, n + 1).join('/')}/`)}>${part}</a></li>`)}
  </ol></nav>`;
}

/** Uploads into a folder, one file after the other, as anybody outside the cloud would. */
function Upload({ id, prefix, done }) {
  const [folder, setFolder] = useState(prefix);
  const [told, tell] = useState();
  const upload = async (event) => {
    event.preventDefault();
    const form = event.target;
    const files = [...form.elements.files.files];
    if (files.length === 0) return tell({ error: 'Choose a file first.' });
    const base = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    try {
      for (const file of files) {
        tell({ text: `Uploading ${file.name} …` });
        await ask(address('/api/object', { bucket: id, key: base + file.name }), { method: 'POST', body: file });
      }
      tell({ text: `Uploaded ${files.map(({ name }) => base + name).join(', ')}` });
      form.reset();
      setFolder(base);
    } catch (error) {
      tell({ error: error.message });
    }
    done();
  };
  return html`<form class="upload" onSubmit=${upload}>
    <label>Folder <input class="id" name="folder" value=${folder} placeholder="(the bucket itself)" autocomplete="off" spellcheck=${false} onInput=${(event) => setFolder(event.target.value)} /></label>
    <label>Files <input type="file" name="files" multiple /></label>
    <button>Upload</button>
    <p role="status" class=${told?.error ? 'error' : 'quiet'}>${told?.error ?? told?.text}</p>
  </form>`;
}

function Opened({ id, prefix, object }) {
  const url = address('/api/object', { bucket: id, key: object });
  return html`<section class="opened" aria-label="Object">
    <h2 class="id">${object.slice(prefix.length) || object}</h2>
    <p class="actions"><a class="button" href=${url} download>Download</a> <a href=${at(id, prefix)}>Close</a></p>
    <${Live} url=${address('/api/text', { bucket: id, key: object })}>${({
      size,
      modified,
      etag,
      versionId,
      text,
      isCut,
    }) => html`
      <${Facts} of=${{ Size: bytes(size), Modified: html`<${Instant} at=${modified} />`, Version: versionId && html`<code>${versionId}</code>`, ETag: html`<code>${etag}</code>` }} />
      ${text === undefined ? html`<p class="quiet">Its bytes are no text.</p>` : html`<${Text} label=${isCut ? 'Its beginning' : 'Content'}>${text}<//>`}`}<//>
  </section>`;
}

export function Bucket({ place, name, cloud }) {
  const { id, prefix = '', key: object } = place;
  const pages = usePages(`${id} ${prefix}`);
  const { versioned } = cloud.buckets.find((one) => one.id === id) ?? {};
  return html`<h1 tabindex="-1">${name} <small>bucket${versioned ? ', versioned' : ''}</small></h1>
    <${Path} id=${id} prefix=${prefix} />
    <div class=${object === undefined ? '' : 'split'}>
      <${Live} url=${address('/api/objects', { bucket: id, prefix, after: pages.start })}>${(
        { entries, next },
        again,
      ) => html`<div>
        <${Grid} label="Objects" columns=${['Key', { name: 'Size', number: true }, 'Modified']} empty="Nothing lies here.">
          ${entries.map((one) => {
            const { name: key, size, modified } = one;
            const label = key.slice(prefix.length) || key;
            return size === undefined
              ? html`<tr key=${key}><td class="id"><a href=${at(id, key)}>${label}</a></td><td></td><td></td></tr>`
              : html`<tr key=${key} class=${key === object ? 'chosen' : ''}><td class="id"><a href=${at(id, prefix, key)} aria-current=${key === object ? 'true' : undefined}>${label}</a></td><td class="number">${bytes(size)}</td><td><${Instant} at=${modified} /></td></tr>`;
          })}
        <//>
        <${Pager} pages=${pages} next=${next} what="objects" />
        <h2>Upload</h2>
        <${Upload} key=${prefix} id=${id} prefix=${prefix} done=${again} />
      </div>`}<//>
      ${object !== undefined && html`<${Opened} key=${object} id=${id} prefix=${prefix} object=${object} />`}
    </div>`;
}
