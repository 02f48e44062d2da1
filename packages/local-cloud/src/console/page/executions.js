/** State machines, their executions, and the history of each. */
import { useState } from 'preact/hooks';
import { Graph } from './graph.js';
import {
  address,
  count,
  Facts,
  Grid,
  html,
  Instant,
  Live,
  Pager,
  pretty,
  Status,
  span,
  Text,
  usePages,
} from './parts.js';

const to = (id) => address('#/execution', { id });

function Rows({ executions, withMachine, now }) {
  return executions.map(({ id, name, machine, machineName, status, startedAt, stoppedAt, error, in: states }) => {
    const took = stoppedAt === null ? (now === undefined ? '' : span(now - startedAt)) : span(stoppedAt - startedAt);
    return html`<tr key=${id}>
      <td class="id"><a href=${to(id)}>${name}</a></td>
      ${withMachine && html`<td><a href=${address('#/machine', { id: machine })}>${machineName}</a></td>`}
      <td><${Status} of=${status} /></td>
      <td>${status === 'RUNNING' ? states.join(', ') : html`<span class="id">${error}</span>`}</td>
      <td><${Instant} at=${startedAt} /></td>
      <td class="number">${took}</td>
    </tr>`;
  });
}

const COLUMNS = ['Status', 'State, or error', 'Started', { name: 'Time', number: true }];

export function Latest({ executions, now }) {
  return html`<${Grid} label="Executions" columns=${['Execution', 'Machine', ...COLUMNS]} empty="No execution has begun yet.">
    ${Rows({ executions, withMachine: true, now })}
  <//>`;
}

const STATUSES = {
  '': 'All',
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'Timed out',
  ABORTED: 'Aborted',
};

function Executions({ of, label, now, first = '' }) {
  const [status, setStatus] = useState(first);
  const pages = usePages(`${of} ${status}`);
  return html`
    <label class="filter">Status <select value=${status} onChange=${(event) => setStatus(event.target.value)}>
      ${Object.entries(STATUSES).map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select></label>
    <${Live} url=${address('/api/executions', { of, status, before: pages.start })}>${({ executions, next }) => html`
      <${Grid} label=${label} columns=${['Execution', ...COLUMNS]} empty="There is none.">${Rows({ executions, now })}<//>
      <${Pager} pages=${pages} next=${next} what="executions" />`}<//>`;
}

export function Machine({ place, name, cloud }) {
  return html`<h1 tabindex="-1">${name} <small>state machine</small></h1>
    <p class="id quiet">${place.id}</p>
    <h2>Executions</h2>
    <${Executions} of=${place.id} label="Executions" now=${cloud.clock.now} first=${place.status} />
    <${Live} url=${address('/api/machine', { machine: place.id })}>${({ definition }) => html`
      <h2>Graph</h2>
      <${Graph} definition=${definition} states=${[]} />
      <details class="more"><summary>Definition</summary><${Text} label="Amazon States Language">${definition}<//></details>`}<//>`;
}

export function MapRun({ place, cloud }) {
  return html`<h1 tabindex="-1">Map Run <small>children</small></h1>
    <p class="id quiet">${place.id}</p>
    <p><a href=${to(place.parent)}>The execution that it belongs to</a></p>
    <${Executions} of=${place.id} label="Children" now=${cloud.clock.now} />`;
}

function MapRuns({ of, parent }) {
  if (of.length === 0) return null;
  return html`<h2>Map Runs</h2>
    <${Grid} label="Map Runs" columns=${['Label', 'Status', ...['Items', 'Running', 'Succeeded', 'Failed'].map((name) => ({ name, number: true }))]}>
      ${of.map(({ mapRunArn, status, itemCounts }) => {
        const { total, running, succeeded, failed, timedOut, aborted } = itemCounts;
        const label = mapRunArn.split('/').at(-1).split(':')[0];
        return html`<tr key=${mapRunArn}>
          <td><a href=${address('#/run', { id: mapRunArn, parent })}>${label}</a></td>
          <td><${Status} of=${status} /></td>
          ${[total, running, succeeded, failed + timedOut + aborted].map((number) => html`<td class="number">${count(number)}</td>`)}
        </tr>`;
      })}
    <//>`;
}

function History({ of }) {
  const pages = usePages(of);
  return html`<${Live} url=${address('/api/history', { execution: of, before: pages.start })}>${({
    events,
    next,
  }) => html`
    <ol class="records" aria-label="Events">${events.map(({ id, timestamp, type, details }) => {
      const { name, ...rest } = details;
      const hasMore = Object.keys(rest).length > 0;
      const head = html`<span class="quiet id">${id}</span> <${Instant} at=${timestamp} /> <span class=${/Failed|TimedOut|Aborted/.test(type) ? 'event failed' : 'event'}>${type}</span> <strong>${name}</strong>`;
      return html`<li key=${id}>${
        hasMore
          ? html`<details><summary class="mark-open">${head}</summary>${Object.entries(rest)
              .filter(([field]) => !field.endsWith('Details'))
              .map(([field, value]) => html`<${Text} key=${field} label=${field}>${pretty(value)}<//>`)}</details>`
          : html`<p>${head}</p>`
      }</li>`;
    })}</ol>
    <${Pager} pages=${pages} next=${next} what="events" />`}<//>`;
}

export function Execution({ place, cloud }) {
  const { id } = place;
  return html`<${Live} url=${address('/api/execution', { execution: id })}>${(one) => {
    const {
      name,
      machine,
      machineName,
      status,
      startedAt,
      stoppedAt,
      states,
      error,
      cause,
      input,
      output,
      parent,
      label,
      mapRun,
    } = one;
    const current = states.filter((state) => state.status === 'running').map((state) => state.name);
    return html`
      <h1 tabindex="-1"><span class="id">${name}</span> <small>execution</small></h1>
      <${Facts} of=${{
        Machine: html`<a href=${address('#/machine', { id: machine })}>${machineName}</a>`,
        'Child of':
          parent &&
          html`<a href=${to(parent)}>${parent.split(':').at(-1)}</a>, <a href=${address('#/run', { id: mapRun, parent })}>${label}</a>`,
        Status: html`<${Status} of=${status} />`,
        [current.length > 1 ? 'In the states' : 'In the state']: current.join(', '),
        Started: html`<${Instant} at=${startedAt} />`,
        Ended: stoppedAt !== null && html`<${Instant} at=${stoppedAt} />`,
        Time: span((stoppedAt ?? cloud.clock.now) - startedAt),
        Events: count(one.events),
        Error: error && html`<code>${error}</code>`,
      }} />
      <${Text} label="Cause">${cause}<//>
      <${Graph} definition=${one.definition} states=${states} />
      <div class="pair"><${Text} label="Input">${input}<//><${Text} label="Output">${output}<//></div>
      <${MapRuns} of=${one.mapRuns} parent=${id} />
      <h2>History</h2>
      <${History} of=${id} />`;
  }}<//>`;
}
