/** A function, and the lines that it wrote. */
import { address, count, Facts, html, Live, Pager, Records, span, usePages } from './parts.js';

export function FunctionView({ place, name }) {
  const pages = usePages(place.id);
  return html`<h1 tabindex="-1">${name} <small>function</small></h1>
    <p class="id quiet">${place.id}</p>
    <${Live} url=${address('/api/function', { function: place.id, before: pages.start })}>${(one) => html`
      <${Facts} of=${{
        Invocations: count(one.invocations),
        Running: count(one.running),
        'Mean duration': one.invocations > 0 && span(one.milliseconds / one.invocations),
        Memory: `${one.memoryMb} MB`,
        'Time-out': `${one.timeoutSeconds} s`,
        'At once at most': one.reserved,
        Handler: html`<code>${one.handler}</code>`,
        Role: html`<code>${one.roleArn}</code>`,
      }} />
      <h2>Log</h2>
      <${Records} label="Log" empty="It has written nothing yet." of=${one.lines} />
      <${Pager} pages=${pages} next=${one.next} what="lines" />
      <details class="more"><summary>Environment</summary><${Facts} of=${Object.fromEntries(Object.entries(one.environment).map(([key, value]) => [key, html`<code>${value}</code>`]))} /></details>`}<//>`;
}
