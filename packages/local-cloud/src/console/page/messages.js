/** Queues and topics, and the messages that were sent to them. */
import { address, count, Facts, Grid, html, Live, Pager, Records, usePages } from './parts.js';

export function QueueView({ place, name }) {
  const pages = usePages(place.id);
  return html`<h1 tabindex="-1">${name} <small>queue</small></h1>
    <${Live} url=${address('/api/queue', { queue: place.id, before: pages.start })}>${({
      arn,
      url,
      attributes,
      waiting,
      inFlight,
      delayed,
      messages,
      sent,
      next,
    }) => {
      const { RedrivePolicy, VisibilityTimeout } = attributes;
      const redrive = RedrivePolicy && JSON.parse(RedrivePolicy);
      return html`
        <p class="id quiet">${url}</p>
        <${Facts} of=${{
          Waiting: count(waiting),
          'In flight': count(inFlight),
          Delayed: count(delayed),
          'Visibility time-out': VisibilityTimeout && `${VisibilityTimeout} s`,
          'Dead letters go to':
            redrive &&
            html`<a href=${address('#/queue', { id: redrive.deadLetterTargetArn.split(':').at(-1) })}>${redrive.deadLetterTargetArn.split(':').at(-1)}</a> after ${redrive.maxReceiveCount} receptions`,
          ARN: html`<code>${arn}</code>`,
        }} />
        <h2>Waiting${messages.length < waiting ? `: the first ${messages.length}` : ''}</h2>
        <${Records} label="Waiting messages" empty="No message waits." of=${messages.map(({ id, text, attributes: own }) => ({ n: id, text, attributes: own }))} />
        <h2>Came in</h2>
        <${Records} label="Messages that came in" empty="No message has come yet." of=${sent} />
        <${Pager} pages=${pages} next=${next} what="messages" />`;
    }}<//>`;
}

export function TopicView({ place, name }) {
  const pages = usePages(place.id);
  return html`<h1 tabindex="-1">${name} <small>topic</small></h1>
    <p class="id quiet">${place.id}</p>
    <${Live} url=${address('/api/topic', { topic: place.id, before: pages.start })}>${({
      subscriptions,
      sent,
      next,
    }) => html`
      <h2>Published</h2>
      <${Records} label="Published messages" empty="Nothing was published yet." of=${sent} />
      <${Pager} pages=${pages} next=${next} what="messages" />
      <h2>Subscriptions</h2>
      <${Grid} label="Subscriptions" columns=${['Protocol', 'Endpoint', 'Filter', 'Confirmed']} empty="Nobody has subscribed.">
        ${subscriptions.map(({ protocol, endpoint, filter, confirmed }) => {
          const queue = endpoint.split(':').at(-1);
          return html`<tr key=${endpoint}><td>${protocol}</td><td class="id">${protocol === 'sqs' ? html`<a href=${address('#/queue', { id: queue })}>${queue}</a>` : endpoint}</td><td class="id">${filter}</td><td>${confirmed ? 'yes' : 'not yet'}</td></tr>`;
        })}
      <//>`}<//>`;
}
