/** A state machine as a graph, from its definition, with the states of an execution marked. */
import { Graph as Drawing, layout } from 'dagre';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { html } from './parts.js';

const LONGEST_NAME = 34;
const CHARACTER = 7.3;
const HEIGHT = 32;
/** The smallest scale at which a graph is drawn so that all of its width is seen. */
const READABLE = 0.7;

const short = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);

/** The flows within a state. */
function flowsOf({ Branches, ItemProcessor, Iterator: iterator }) {
  return Branches ?? [ItemProcessor ?? iterator].filter(Boolean);
}

/** Adds a flow's states to the drawing; whatever ends it leads to `exit`. */
function draw(drawing, { StartAt, States }, { cluster, entry, exit }) {
  const connect = (from, to, kind) => {
    if (drawing.edge(from, to)?.kind !== 'next') drawing.setEdge(from, to, { kind });
  };
  const add = (id, label) => {
    drawing.setNode(id, label);
    if (cluster !== undefined) drawing.setParent(id, cluster);
  };
  for (const [name, state] of Object.entries(States)) {
    const flows = flowsOf(state);
    const inner = { cluster: `\nin ${name}`, entry: name, exit: `\nend of ${name}` };
    const isDistributed = state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
    const type = isDistributed ? 'Distributed Map' : state.Type;
    if (flows.length > 0) add(inner.cluster, { kind: 'cluster' });
    const width = Math.max(64, short(name).length * CHARACTER + 40);
    add(name, { kind: 'state', name, type, width, height: HEIGHT });
    if (flows.length === 0) continue;
    drawing.setParent(name, inner.cluster);
    drawing.setNode(inner.exit, { kind: 'join', width: 8, height: 8 });
    drawing.setParent(inner.exit, inner.cluster);
    for (const flow of flows) draw(drawing, flow, inner);
  }
  connect(entry, StartAt, 'next');
  for (const [name, { Type, Next, End, Default, Choices = [], Catch = [], ...state }] of Object.entries(States)) {
    const out = flowsOf(state).length > 0 ? `\nend of ${name}` : name;
    for (const choice of Choices) connect(name, choice.Next, 'next');
    if (Default !== undefined) connect(name, Default, 'next');
    if (Next !== undefined) connect(out, Next, 'next');
    if (End || Type === 'Succeed' || Type === 'Fail') connect(out, exit, 'next');
    for (const { Next: caught } of Catch) connect(name, caught, 'catch');
  }
}

/** The places of all states and lines. */
function laidOut(definition) {
  const drawing = new Drawing({ compound: true });
  drawing.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 30, edgesep: 14, marginx: 10, marginy: 10 });
  const ends = ['\nstart', '\nend'];
  for (const end of ends) drawing.setNode(end, { kind: 'end', width: 18, height: 18 });
  draw(drawing, JSON.parse(definition), { cluster: undefined, entry: ends[0], exit: ends[1] });
  layout(drawing);
  const { width, height } = drawing.graph();
  const nodes = drawing.nodes().map((id) => ({ id, ...drawing.node(id) }));
  const edges = drawing.edges().map(({ v, w }) => ({ id: `${v}\n${w}`, ...drawing.edge(v, w) }));
  return { width, height, nodes, edges };
}

/** A line through points, its corners rounded. */
function path(points) {
  const [first, ...others] = points;
  const last = others.at(-1);
  const middle = others.slice(0, -1).map((point, n) => {
    const next = others[n + 1];
    const to = n === others.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${to.x},${to.y}`;
  });
  return `M${first.x},${first.y}${middle.length > 0 ? middle.join('') : `L${last.x},${last.y}`}`;
}

function told(states) {
  if (states.length === 0) return 'The graph of the state machine.';
  return `The graph of the state machine. ${states.map(({ name, status, entered }) => `${name}: ${status}${entered > 1 ? `, entered ${entered} times` : ''}`).join('; ')}.`;
}

export function Graph({ definition, states }) {
  const drawn = useMemo(() => {
    try {
      return laidOut(definition);
    } catch (error) {
      return { error: error.message };
    }
  }, [definition]);
  const area = useRef(null);
  const [isWhole, setWhole] = useState(true);
  // A graph that would be too small to be read is scrolled to where the execution is.
  useLayoutEffect(() => {
    const { current: frame } = area;
    if (frame === null) return;
    setWhole(frame.clientWidth / drawn.width >= READABLE);
    const at = frame.querySelector('.state.running, .state.failed') ?? frame.querySelector('.end');
    if (at === null) return;
    const [outer, inner] = [frame.getBoundingClientRect(), at.getBoundingClientRect()];
    frame.scrollLeft += inner.x + inner.width / 2 - outer.x - outer.width / 2;
    frame.scrollTop += inner.y + inner.height / 2 - outer.y - outer.height / 2;
  }, [drawn]);
  if (drawn.error !== undefined) return html`<p class="quiet">It cannot be drawn: ${drawn.error}</p>`;
  const { width, height, nodes, edges } = drawn;
  const of = new Map(states.map((state) => [state.name, state]));
  const box = ({ x, y, width: w, height: h }) => ({ x: x - w / 2, y: y - h / 2, width: w, height: h });
  return html`<div ref=${area} class=${`graph ${isWhole ? 'whole' : ''}`} role="region" aria-label="Graph" tabindex="0">
    <svg role="img" aria-label=${told(states)} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>
      <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.500L8,4L0,7.500z" /></marker></defs>
      ${nodes.filter(({ kind }) => kind === 'cluster').map((node) => html`<rect key=${node.id} class="cluster" rx="9" ...${box(node)} />`)}
      ${edges.map(({ id, kind, points }) => html`<path key=${id} class=${`edge ${kind}`} d=${path(points)} marker-end="url(#head)" />`)}
      ${nodes.map((node) => {
        const { id, kind, name, type, x, y } = node;
        if (kind === 'end' || kind === 'join')
          return html`<circle key=${id} class=${kind} cx=${x} cy=${y} r=${kind === 'end' ? 8 : 4} />`;
        if (kind !== 'state') return null;
        const state = of.get(name);
        return html`<g key=${id} class=${`state ${state?.status ?? ''}`}>
          <title>${name} (${type})${state === undefined ? '' : `: ${state.status}, entered ${state.entered} ${state.entered === 1 ? 'time' : 'times'}`}</title>
          <rect rx=${type === 'Choice' ? 16 : 6} ...${box(node)} />
          <text x=${x} y=${y} dy="0.35em">${short(name)}${state?.entered > 1 ? ` ×${state.entered}` : ''}</text>
        </g>`;
      })}
    </svg>
  </div>
  <ul class="legend" aria-label="Legend">
    <li class="choice"><label><input type="checkbox" checked=${isWhole} onChange=${(event) => setWhole(event.target.checked)} /> whole width</label></li>
    <li class="running">running</li><li class="succeeded">succeeded</li><li class="failed">failed</li><li class="caught">when an error is caught</li>
  </ul>`;
}
