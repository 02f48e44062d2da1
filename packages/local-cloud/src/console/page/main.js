/** The console's page. The open view stands in the address behind the hash, so that it can be kept and gone back to. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Execution, Latest, Machine, MapRun } from './executions.js';
import { FunctionView } from './functions.js';
import { QueueView, TopicView } from './messages.js';
import { Bucket } from './objects.js';
import { address, count, html, Instant, instant, Live, post, Records, span, useLive } from './parts.js';
import { TableView } from './tables.js';

const VIEWS = {
  bucket: Bucket,
  table: TableView,
  machine: Machine,
  execution: Execution,
  run: MapRun,
  queue: QueueView,
  topic: TopicView,
  function: FunctionView,
};

/** The kinds of resources, as the navigation lists them. */
const KINDS = [
  {
    kind: 'machine',
    list: 'machines',
    title: 'State machines',
    tell: ({ running, failed }) => [
      running && { text: count(running), what: 'running', tone: 'running' },
      failed && { text: count(failed), what: 'failed', tone: 'failed' },
    ],
  },
  {
    kind: 'bucket',
    list: 'buckets',
    title: 'Buckets',
    tell: ({ objects }) => [{ text: count(objects), what: 'objects' }],
  },
  { kind: 'table', list: 'tables', title: 'Tables', tell: () => [] },
  {
    kind: 'queue',
    list: 'queues',
    title: 'Queues',
    tell: ({ waiting, isDead }) => [
      waiting > 0 && { text: count(waiting), what: 'waiting', tone: isDead ? 'failed' : '' },
    ],
  },
  {
    kind: 'topic',
    list: 'topics',
    title: 'Topics',
    tell: ({ sent }) => [sent > 0 && { text: count(sent), what: 'published' }],
  },
  {
    kind: 'function',
    list: 'functions',
    title: 'Functions',
    tell: ({ running, invocations }) => [
      running > 0
        ? { text: count(running), what: 'running', tone: 'running' }
        : invocations > 0 && { text: count(invocations), what: 'invocations' },
    ],
  },
];

/** `#/bucket?id=…` as a view's name and its settings. */
function placeOf(hash) {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { kind: path, ...Object.fromEntries(new URLSearchParams(search)) };
}

function usePlace() {
  const [place, set] = useState(placeOf(location.hash));
  useEffect(() => {
    const changed = () => set(placeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return place;
}

const SPEEDS = [1, 60, 600, 3600, 86_400];
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function Clock({ clock, again }) {
  const [by, setBy] = useState('1d');
  const [error, setError] = useState();
  const { now, next, paused, speed, kind, until, working, work, failed } = clock;
  const act = async (asked) => {
    setError(undefined);
    try {
      await post('/api/clock', JSON.stringify(asked));
    } catch (refused) {
      setError(refused.message);
    }
    again();
  };
  const advance = (event) => {
    event.preventDefault();
    const [, number, unit] = /^(\d+)\s*([smhd])$/.exec(by.trim().toLowerCase()) ?? [];
    if (number === undefined) setError('Give a time such as 30m, 12h or 5d.');
    else act({ action: 'advance', milliseconds: Number(number) * UNITS[unit] });
  };
  const isMoving = until !== undefined;
  const standing =
    kind === 'virtual' ? 'stands still until it is advanced' : paused ? 'paused' : `${count(speed)} × real time`;
  const told = isMoving ? `on its way to ${instant(until)}` : working > 0 ? `${standing}, at work` : standing;
  const known = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  return html`<section class="clock" aria-label="Clock">
    <div class="face">
      <${Instant} at=${now} /> <span class="zone">UTC</span>
      <span class=${`pace ${paused ? 'paused' : ''}`} title=${work.join('\n')}>${told}</span>
    </div>
    <div class="controls">
      ${
        kind === 'real' &&
        html`<button type="button" class="wide" onClick=${() => act({ action: paused ? 'resume' : 'pause' })}>${paused ? 'Resume' : 'Pause'}</button>
      <label>Speed <select value=${String(speed)} onChange=${(event) => act({ action: 'speed', speed: Number(event.target.value) })}>
        ${known.map((one) => html`<option key=${one} value=${String(one)} selected=${one === speed}>${count(one)} ×</option>`)}
      </select></label>`
      }
      <button type="button" disabled=${isMoving || next === undefined} onClick=${() => act({ action: 'next' })}>
        To the next timer${next !== undefined && html` <span class="in">in ${span(Math.max(0, next - now))}</span>`}
      </button>
      <form onSubmit=${advance}>
        <label>Advance <input name="by" size="4" value=${by} autocomplete="off" onInput=${(event) => setBy(event.target.value)} /></label>
        <button disabled=${isMoving}>Go</button>
      </form>
    </div>
    ${(error ?? failed) && html`<p class="error" role="alert">${error ?? failed}</p>`}
  </section>`;
}

function Badges({ of }) {
  return of
    .filter(Boolean)
    .map(
      ({ text, what, tone = '' }) =>
        html`<span class=${`badge ${tone}`} title=${what}>${text}<span class="unseen"> ${what}</span></span>`,
    );
}

/** Longer lists are folded, until one of their resources is looked at. */
const MANY = 14;

/** The navigation: folded on a narrow screen, and folded again once something was chosen. */
function Navigation({ cloud, place }) {
  const [isOpen, setOpen] = useState(false);
  const chosen = place.kind === '' ? 'Overview' : undefined;
  useEffect(() => setOpen(false), [place.kind, place.id]);
  return html`<nav class=${`resources ${isOpen ? 'open' : ''}`} aria-label="Resources">
    <button type="button" class="fold" aria-expanded=${String(isOpen)} onClick=${() => setOpen(!isOpen)}>Resources</button>
    <div class="lists">
      <a href="#/" aria-current=${chosen && 'page'}>Overview</a>
      ${KINDS.filter(({ list }) => cloud[list].length > 0).map(({ kind, list, title, tell }) => {
        const all = cloud[list];
        const isOpenAtFirst = all.length <= MANY || place.kind === kind;
        return html`<details key=${kind} open=${isOpenAtFirst}>
          <summary class="mark-open"><h2>${title}</h2> <span class="badge">${all.length}</span></summary>
          <ul>${all.map((one) => {
            const isHere = place.kind === kind && place.id === one.id;
            return html`<li key=${one.id}><a href=${address(`#/${kind}`, { id: one.id })} title=${one.id} aria-current=${isHere ? 'page' : undefined}><span class="name">${one.name}</span><${Badges} of=${tell(one)} /></a></li>`;
          })}</ul>
        </details>`;
      })}
    </div>
  </nav>`;
}

/** The failed executions and dead letters that somebody should look at. */
function Troubles({ cloud }) {
  const failed = cloud.machines.filter((machine) => machine.failed > 0);
  const dead = cloud.queues.filter(({ isDead, waiting }) => isDead && waiting > 0);
  if (failed.length + dead.length === 0) return null;
  return html`<ul class="troubles">
    ${failed.map(({ id, name, failed: number }) => html`<li key=${id}><a href=${address('#/machine', { id, status: 'FAILED' })}>${name}</a>: ${count(number)} ${number === 1 ? 'execution' : 'executions'} failed</li>`)}
    ${dead.map(({ id, name, waiting }) => html`<li key=${id}><a href=${address('#/queue', { id })}>${name}</a> holds ${count(waiting)} dead ${waiting === 1 ? 'letter' : 'letters'}</li>`)}
  </ul>`;
}

function Overview({ cloud }) {
  return html`<h1 tabindex="-1">Overview</h1>
    <p class="quiet">Endpoint <code>${cloud.endpoint}</code>, region <code>${cloud.region}</code>, account <code>${cloud.account}</code>. Nothing is kept when it stops.</p>
    <${Troubles} cloud=${cloud} />
    <${Live} url="/api/latest">${({ executions, published }) => html`
      <h2>Latest executions</h2>
      <${Latest} executions=${executions} now=${cloud.clock.now} />
      <h2>Last published</h2>
      <${Records} label="Messages" empty="Nothing was published yet." of=${published} />`}<//>`;
}

function App() {
  const place = usePlace();
  const { data: cloud, error, again } = useLive('/api/cloud');
  const main = useRef(null);
  const at = JSON.stringify(place);
  const first = useRef(at);
  // A reader who follows a link by the keyboard goes on from the new view's heading.
  useEffect(() => {
    if (first.current === at) return;
    first.current = undefined;
    main.current?.querySelector('h1')?.focus();
  }, [at]);
  if (cloud === undefined)
    return html`<main><p class=${error ? 'error' : 'quiet'} role="status">${error ?? '…'}</p></main>`;
  const View = Object.hasOwn(VIEWS, place.kind) ? VIEWS[place.kind] : undefined;
  const lists = Object.fromEntries(KINDS.map(({ kind, list }) => [kind, list]));
  const resource = cloud[lists[place.kind]]?.find(({ id }) => id === place.id);
  const name = resource?.name ?? place.id?.split(':').at(-1);
  document.title = name === undefined ? 'Local cloud' : `${name} · Local cloud`;
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      main.current?.focus();
    }}>To the content</a>
    <header>
      <a class="mark" href="#/"><img src="/icon.svg" alt="" width="22" height="22" /> Local cloud</a>
      <${Clock} clock=${cloud.clock} again=${again} />
    </header>
    ${error !== undefined && html`<p class="error banner" role="alert">${error}</p>`}
    <div class="body">
      <${Navigation} cloud=${cloud} place=${place} />
      <main ref=${main} id="main" tabindex="-1">
        ${View === undefined ? html`<${Overview} cloud=${cloud} />` : html`<${View} key=${`${place.kind} ${place.id}`} place=${place} name=${name} cloud=${cloud} />`}
      </main>
    </div>`;
}

render(html`<${App} />`, document.body);
