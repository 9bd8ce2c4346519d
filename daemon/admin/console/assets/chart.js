// A small chart of the last ten minutes: lines, or stacked areas.
import { el, svg } from './dom.js';
import { ago } from './format.js';
import { kSpanMs } from './sample_history.js';
import { text } from './texts.js';

// The minimum time span, used while there is little data.
const kShortestMs = 60_000;

const kWidth = 600;
const kHeight = 120;

/**
 * @typedef {import('./sample_history.js').Point} Point
 * @typedef {{name: string, look: string, read: (history: import('./sample_history.js').SampleHistory) => Point[][]}} Series
 *
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {string} about  the meaning of the metric
 * @property {Series[]} series
 * @property {boolean} stacked
 * @property {(value: number) => string} format
 */

/**
 * The end of an axis: a round number slightly above the largest value.
 * @param {number} largest
 */
export function niceTop(largest) {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  return /** @type {number} */ ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= largest * 0.999));
}

/**
 * Adds to each series the sum of those before it.
 * @param {Point[][][]} series  all with pieces at the same times
 * @returns {Point[][][]}
 */
export function stack(series) {
  /** @type {Point[][][]} */
  const sums = [];
  for (const pieces of series) {
    const below = sums[sums.length - 1];
    sums.push(pieces.map((piece, p) => piece.map((point, i) => ({
      atMs: point.atMs,
      value: point.value + (below ? below[p][i].value : 0),
    }))));
  }
  return sums;
}

export class Chart {
  #options;
  #value = el('strong', { class: 'chart-value' });
  #when = el('span', { class: 'quiet fine' });
  #top = el('span', { class: 'chart-top' });
  #marks = svg('g');
  #cross = svg('line', { class: 'cross', y1: 0, y2: kHeight, visibility: 'hidden' });
  #drawing = svg('svg', { viewBox: `0 0 ${kWidth} ${kHeight}`, preserveAspectRatio: 'none', role: 'img' },
    svg('line', { class: 'gridline', x1: 0, x2: kWidth, y1: kHeight / 2, y2: kHeight / 2 }),
    svg('line', { class: 'gridline', x1: 0, x2: kWidth, y1: kHeight, y2: kHeight }),
    this.#marks, this.#cross);
  /** @type {Point[][]} of each series, not stacked */
  #points = [];
  #nowMs = 0;
  #spanMs = kShortestMs;
  #begin = el('span');
  /** The position of the pointer, as a share of the width; -1: none. */
  #pointer = -1;
  /** @type {Map<string, HTMLElement>} */
  #legend = new Map();
  element;

  /** @param {ChartOptions} options */
  constructor(options) {
    this.#options = options;
    const area = el('div', { class: 'chart-area' }, this.#drawing, this.#top);
    area.addEventListener('pointermove', (event) => this.#point(/** @type {PointerEvent} */ (event).offsetX / area.clientWidth));
    area.addEventListener('pointerleave', () => this.#point(-1));
    const legend = options.series.length > 1 && el('ul', { class: 'legend' }, ...options.series.map(({ name, look }) => {
      const value = el('span', { class: 'legend-value' });
      this.#legend.set(name, value);
      return el('li', {}, el('span', { class: `swatch ${look}`, 'aria-hidden': 'true' }), name, value);
    }));
    this.element = el('figure', { class: 'chart panel' },
      el('figcaption', {}, el('span', { class: 'chart-title', title: options.about }, options.title),
        el('span', { class: 'chart-now' }, this.#when, this.#value)),
      area,
      el('div', { class: 'chart-axis', 'aria-hidden': 'true' }, this.#begin, el('span', {}, text('chart.now'))),
      legend);
  }

  /**
   * @param {import('./sample_history.js').SampleHistory} history
   * @param {number} nowMs  on the clock of the history
   */
  draw(history, nowMs) {
    const { series, stacked, format, title } = this.#options;
    const pieces = series.map(({ read }) => read(history));
    const drawn = stacked ? stack(pieces) : pieces;
    const largest = Math.max(0, ...drawn.flat(2).map((point) => point.value));
    const top = niceTop(largest);
    this.#nowMs = nowMs;
    this.#points = pieces.map((each) => each.flat());
    const known = nowMs - (history.beginMs ?? nowMs);
    this.#spanMs = Math.min(kSpanMs, Math.max(kShortestMs, known));
    this.#begin.textContent = ago(this.#spanMs);
    const floors = stacked ? [[], ...drawn] : series.map(() => []);
    this.#marks.replaceChildren(...drawn.flatMap((each, at) => this.#shapes(each, floors[at], series[at].look, top)));
    this.#top.textContent = format(top);
    this.#show();
    const value = this.#value.textContent ?? '';
    this.#drawing.setAttribute('aria-label', text('chart.label', { title, value, most: format(largest) }));
  }

  /**
   * @param {Point[][]} pieces
   * @param {Point[][]} floors  the lower edges of the areas; empty: zero
   * @param {string} look
   * @param {number} top
   */
  #shapes(pieces, floors, look, top) {
    const x = (/** @type {Point} */ point) => (this.#xOf(point) * kWidth).toFixed(1);
    const y = (/** @type {Point} */ point) => (kHeight - (point.value / top) * (kHeight - 2)).toFixed(1);
    const path = (/** @type {Point[]} */ points) => points.map((point) => `${x(point)},${y(point)}`).join(' L');
    return pieces.flatMap((piece, at) => {
      const floor = floors[at] ?? piece.map(({ atMs }) => ({ atMs, value: 0 }));
      return [
        svg('path', { class: `area ${look}`, d: `M${path(piece)} L${path(floor.toReversed())} Z` }),
        svg('path', { class: `line ${look}`, d: `M${path(piece)}` }),
      ];
    });
  }

  /** @param {Point} point */
  #xOf(point) {
    return 1 - (this.#nowMs - point.atMs) / this.#spanMs;
  }

  /** @param {number} share */
  #point(share) {
    this.#pointer = share;
    this.#show();
  }

  /** Shows the current values, or those at the pointer. */
  #show() {
    const { series, format } = this.#options;
    const at = this.#pointer < 0 ? this.#points[0].length - 1 : this.#nearest();
    const point = this.#points[0]?.[at];
    const values = this.#points.map((points) => points[at]?.value);
    const isKnown = point !== undefined;
    const main = this.#options.stacked ? values.reduce((sum, value) => sum + (value ?? 0), 0) : values[0];
    this.#value.textContent = isKnown ? format(main ?? 0) : '–';
    series.forEach(({ name }, i) => {
      const shown = this.#legend.get(name);
      if (shown) shown.textContent = isKnown ? format(values[i] ?? 0) : '–';
    });
    const isPointing = this.#pointer >= 0 && isKnown;
    this.#when.textContent = isPointing ? ago(this.#nowMs - point.atMs) : '';
    this.#cross.setAttribute('visibility', isPointing ? 'visible' : 'hidden');
    if (!isPointing) return;
    this.#cross.setAttribute('x1', String(this.#xOf(point) * kWidth));
    this.#cross.setAttribute('x2', String(this.#xOf(point) * kWidth));
  }

  #nearest() {
    const distances = this.#points[0].map((point) => Math.abs(this.#xOf(point) - this.#pointer));
    return distances.indexOf(Math.min(...distances));
  }
}
