// The state of the server: metrics, and charts of the last ten minutes.
import { Chart } from './chart.js';
import { el, oncePerFrame } from './dom.js';
import { dayAndTime, duration, wholeNumber } from './format.js';
import { inMs, level, rate } from './metric_charts.js';
import { kKinds } from './routes.js';
import { kindName } from './words.js';

/** @typedef {import('./types.js').ServerReply} ServerReply */

function charts() {
  return [
    new Chart({
      title: 'Rooms', about: 'Rooms by kind', stacked: true, format: wholeNumber,
      series: kKinds.map((kind) => ({
        name: kindName(kind), look: `kind-${kind}`, read: (history) => history.levels((reply) => reply.rooms[kind]),
      })),
    }),
    level('Members', 'Who is in a room and sends a stream', (reply) => reply.pushers, wholeNumber, 'look-a'),
    rate('Requests', 'Requests answered, in a second', (reply) => reply.totals.requests, 'look-a'),
    rate('Failures', 'Requests that the server could not serve, in a second', (reply) => reply.totals.failures, 'look-bad'),
    rate('Evictions', 'Members removed because no heartbeat came, in a second', (reply) => reply.totals.evictions, 'look-warn'),
    level('Connections', 'Open connections of clients', (reply) => reply.connections, wholeNumber, 'look-a'),
    level('Reaper lag', 'How late silent members are removed', (reply) => reply.reaperLagMs, inMs, 'look-warn'),
    level('IM lag', 'Events that were not sent to the IM service yet', (reply) => reply.im.lag, wholeNumber, 'look-warn'),
  ];
}

/** @type {Array<[string, (reply: ServerReply) => string]>} */
const kFacts = [
  ['Version', (reply) => reply.version],
  ['Running for', (reply) => duration(reply.nowMs - reply.startedAtMs)],
  ['Started', (reply) => dayAndTime(reply.startedAtMs)],
  ['Requests', (reply) => wholeNumber(reply.totals.requests)],
  ['Failures', (reply) => wholeNumber(reply.totals.failures)],
  ['Refusals', (reply) => wholeNumber(reply.totals.refusals)],
  ['Evictions', (reply) => wholeNumber(reply.totals.evictions)],
  ['Connections ever', (reply) => wholeNumber(reply.totals.connections)],
  ['TLS handshakes', (reply) => wholeNumber(reply.totals.handshakes)],
  ['Waiting requests', (reply) => wholeNumber(reply.waitingRequests)],
  ['Event subscribers', (reply) => wholeNumber(reply.watchers)],
  ['Message channel', (reply) => (reply.channel.enabled ? `on, ${wholeNumber(reply.channel.logins)} logins` : 'off')],
  ['IM service', (reply) => (reply.im.enabled ? `on, ${wholeNumber(reply.im.pendingGroups)} groups pending` : 'off')],
  ['Heartbeat timeout', (reply) => `${reply.heartbeatTimeoutMs / 1000} s`],
];

export class ServerPage {
  #app;
  #leaving = new AbortController();
  #charts = charts();
  #facts = kFacts.map(([name, read]) => ({ read, name: el('dt', {}, name), value: el('dd', {}, '–') }));
  #problem = el('p', { class: 'notice', role: 'status', hidden: true }, 'The server does not answer. The charts have a gap where it did not.');
  #draw = oncePerFrame(() => this.#drawAll());
  element;

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.#app = app;
    this.element = el('div', { class: 'server-page' },
      el('div', { class: 'page-head' }, el('h1', {}, 'Server'),
        el('p', { class: 'quiet' }, 'Every two seconds, since this console was opened')),
      this.#problem,
      el('div', { class: 'charts' }, ...this.#charts.map((chart) => chart.element)),
      el('section', { class: 'panel' }, el('h2', {}, 'Numbers'),
        el('dl', { class: 'facts facts-grid' }, ...this.#facts.map(({ name, value }) => el('div', {}, name, value)))));
    const { signal } = this.#leaving;
    app.stats.addEventListener('sample', () => {
      this.#problem.hidden = true;
      this.#draw();
    }, { signal });
    app.stats.addEventListener('failure', () => { this.#problem.hidden = false; }, { signal });
    this.#drawAll();
  }

  stop() {
    this.#leaving.abort();
  }

  #drawAll() {
    const { latest, history } = this.#app.stats;
    for (const chart of this.#charts) chart.draw(history, performance.now());
    if (latest) for (const { read, value } of this.#facts) value.textContent = read(latest);
  }
}
