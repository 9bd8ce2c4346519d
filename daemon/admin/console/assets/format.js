// Formats numbers and times for display, in the chosen locale.
import { locale } from './language.js';

/**
 * The largest first, with the seconds of one.
 * @type {Array<{unit: 'day'|'hour'|'minute', seconds: number}>}
 */
const kLargeUnits = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
];

const kByteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** @param {string} name */
function formattersOf(name) {
  return {
    whole: new Intl.NumberFormat(name),
    fine: new Intl.NumberFormat(name, { maximumFractionDigits: 1 }),
    clock: new Intl.DateTimeFormat(name, { timeStyle: 'medium' }),
    dayAndClock: new Intl.DateTimeFormat(name, { dateStyle: 'medium', timeStyle: 'medium' }),
    ago: new Intl.RelativeTimeFormat(name, { style: 'narrow', numeric: 'always' }),
    list: new Intl.ListFormat(name, { type: 'unit', style: 'narrow' }),
  };
}

/** @type {Map<string, ReturnType<typeof formattersOf>>} by locale: making them is slow */
const made = new Map();

function formatters() {
  const name = locale();
  const known = made.get(name) ?? formattersOf(name);
  made.set(name, known);
  return known;
}

/** @param {number} value */
export const wholeNumber = (value) => formatters().whole.format(value);

/**
 * One decimal below 100, none above.
 * @param {number} value
 */
export const fineNumber = (value) => (value < 100 ? formatters().fine.format(value) : wholeNumber(Math.round(value)));

/** @param {number} atMs */
export const clockTime = (atMs) => formatters().clock.format(atMs);

/** @param {number} atMs */
export const dayAndTime = (atMs) => formatters().dayAndClock.format(atMs);

/**
 * @param {number} value
 * @param {string} unit  as `Intl.NumberFormat` names it
 * @param {'narrow'|'long'} unitDisplay
 */
export function withUnit(value, unit, unitDisplay = 'narrow') {
  const maximumFractionDigits = value < 100 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay, maximumFractionDigits }).format(value);
}

/**
 * A duration in its two largest units: `4s`, `3m 20s`, `2h 5m`, `3d 4h`.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const at = kLargeUnits.findIndex((each) => seconds >= each.seconds);
  if (at < 0) return withUnit(seconds, 'second');
  const large = kLargeUnits[at];
  const small = kLargeUnits[at + 1] ?? { unit: 'second', seconds: 1 };
  const rest = Math.floor((seconds % large.seconds) / small.seconds);
  // From ten minutes on, seconds do not matter.
  const isExact = rest === 0 || (small.unit === 'second' && seconds >= 600);
  const first = withUnit(Math.floor(seconds / large.seconds), large.unit);
  return isExact ? first : formatters().list.format([first, withUnit(rest, small.unit)]);
}

/**
 * A time before now, in its largest unit of which there are two: `4 sec ago`, `100 sec ago`, `3 min ago`.
 * @param {number} ms
 */
export function ago(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const large = kLargeUnits.find((each) => seconds >= 2 * each.seconds);
  return formatters().ago.format(-Math.floor(seconds / (large?.seconds ?? 1)), large?.unit ?? 'second');
}

/**
 * `512B`, `1.5kB`, `20MB`.
 * @param {number} bytes
 */
export function byteCount(bytes) {
  const power = Math.min(kByteUnits.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return withUnit(bytes / 1000 ** power, kByteUnits[power]);
}
