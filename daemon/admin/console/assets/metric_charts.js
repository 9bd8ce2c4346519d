// Charts of one metric of the server.
import { Chart } from './chart.js';
import { duration, fineNumber, withUnit } from './format.js';
import { text } from './texts.js';

/** @typedef {import('./types.js').ServerReply} ServerReply */

export const perSecond = (/** @type {number} */ value) => text('unit.perSecond', { value: fineNumber(value) });
export const inMs = (/** @type {number} */ value) =>
  (value < 10_000 ? withUnit(Math.round(value), 'millisecond') : duration(value));

/**
 * A chart of one metric's values.
 * @param {string} title
 * @param {string} about
 * @param {(reply: ServerReply) => number} readValue
 * @param {(value: number) => string} format
 * @param {string} look
 */
export const level = (title, about, readValue, format, look) => new Chart({
  title, about, format, stacked: false,
  series: [{ name: title, look, read: (history) => history.levels(readValue) }],
});

/**
 * A chart of a counter's growth rate.
 * @param {string} title
 * @param {string} about
 * @param {(reply: ServerReply) => number} readValue
 * @param {string} look
 */
export const rate = (title, about, readValue, look) => new Chart({
  title, about, format: perSecond, stacked: false,
  series: [{ name: title, look, read: (history) => history.rates(readValue) }],
});
