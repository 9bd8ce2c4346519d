// The state of the server: metrics, and charts of the last ten minutes.
import { Chart } from './chart.js';
import { el, oncePerFrame } from './dom.js';
import { dayAndTime, duration, wholeNumber, withUnit } from './format.js';
import { inMs, level, rate } from './metric_charts.js';
import { kKinds } from './routes.js';
import { text } from './texts.js';
import { kindName } from './words.js';

/** @typedef {import('./types.js').ServerReply} ServerReply */

function charts() {
  return [
    new Chart({
      title: text('metric.rooms'), about: text('metric.roomsAbout'), stacked: true, format: wholeNumber,
      series: kKinds.map((kind) => ({
        name: kindName(kind), look: `kind-${kind}`, read: (history) => history.levels((reply) => reply.rooms[kind]),
      })),
    }),
    level(text('metric.pushers'), text('metric.pushersAbout'), (reply) => reply.pushers, wholeNumber, 'look-a'),
    rate(text('metric.requests'), text('metric.requestsAbout'), (reply) => reply.totals.requests, 'look-a'),
    rate(text('metric.failures'), text('metric.failuresAbout'), (reply) => reply.totals.failures, 'look-bad'),
    rate(text('metric.evictions'), text('metric.evictionsAbout'), (reply) => reply.totals.evictions, 'look-warn'),
    level(text('metric.connections'), text('metric.connectionsAbout'), (reply) => reply.connections, wholeNumber,
      'look-a'),
    level(text('metric.reaperLag'), text('metric.reaperLagAbout'), (reply) => reply.reaperLagMs, inMs, 'look-warn'),
    level(text('metric.imLag'), text('metric.imLagAbout'), (reply) => reply.im.lag, wholeNumber, 'look-warn'),
  ];
}

/** @type {Array<[import('./texts.js').TextKey, (reply: ServerReply) => string]>} */
const kFacts = [
  ['metric.version', (reply) => reply.version],
  ['metric.uptime', (reply) => duration(reply.nowMs - reply.startedAtMs)],
  ['metric.started', (reply) => dayAndTime(reply.startedAtMs)],
  ['metric.requests', (reply) => wholeNumber(reply.totals.requests)],
  ['metric.failures', (reply) => wholeNumber(reply.totals.failures)],
  ['metric.refusals', (reply) => wholeNumber(reply.totals.refusals)],
  ['metric.evictions', (reply) => wholeNumber(reply.totals.evictions)],
  ['metric.allConnections', (reply) => wholeNumber(reply.totals.connections)],
  ['metric.handshakes', (reply) => wholeNumber(reply.totals.handshakes)],
  ['metric.waiting', (reply) => wholeNumber(reply.waitingRequests)],
  ['metric.watchers', (reply) => wholeNumber(reply.watchers)],
  ['channel.title', ({ channel: { enabled, logins } }) =>
    (enabled ? text('server.channelOn', { count: logins }) : text('server.off'))],
  ['metric.im', ({ im: { enabled, pendingGroups } }) =>
    (enabled ? text('server.imOn', { count: pendingGroups }) : text('server.off'))],
  ['metric.heartbeatTimeout', (reply) => withUnit(reply.heartbeatTimeoutMs / 1000, 'second')],
];

export class ServerPage {
  #app;
  #leaving = new AbortController();
  #charts = charts();
  #facts = kFacts.map(([key, read]) => ({ read, name: el('dt', {}, text(key)), value: el('dd', {}, '–') }));
  #problem = el('p', { class: 'notice', role: 'status', hidden: true }, text('server.problem'));
  #draw = oncePerFrame(() => this.#drawAll());
  element;

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.#app = app;
    this.element = el('div', { class: 'server-page' },
      el('div', { class: 'page-head' }, el('h1', {}, text('page.server')),
        el('p', { class: 'quiet' }, text('server.period'))),
      this.#problem,
      el('div', { class: 'charts' }, ...this.#charts.map((chart) => chart.element)),
      el('section', { class: 'panel' }, el('h2', {}, text('server.numbers')),
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
