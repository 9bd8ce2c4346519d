// Formats numbers for display.

const kWhole = new Intl.NumberFormat('en');
const kFine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const kClock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const kDayAndClock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} value */
export const wholeNumber = (value) => kWhole.format(value);

/**
 * One decimal below 100, none above.
 * @param {number} value
 */
export const fineNumber = (value) => (value < 100 ? kFine.format(value) : kWhole.format(Math.round(value)));

/** @param {number} atMs */
export const clockTime = (atMs) => kClock.format(atMs);

/** @param {number} atMs */
export const dayAndTime = (atMs) => kDayAndClock.format(atMs);

/**
 * A duration in its two largest units: `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const [large, small, largeUnit, smallUnit] = parts(seconds);
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

/**
 * @param {number} seconds  a minute or more
 * @returns {[number, number, string, string]}
 */
function parts(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return [minutes, seconds % 60, 'min', 's'];
  if (minutes < 60) return [minutes, 0, 'min', 's'];
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return [hours, minutes % 60, 'h', 'min'];
  return [Math.floor(hours / 24), hours % 24, 'd', 'h'];
}

/**
 * `512 B`, `1.5 kB`, `20 MB`.
 * @param {number} bytes
 */
export function byteCount(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${fineNumber(bytes / 1000 ** power)} ${units[power]}`;
}

/**
 * `1 room`, `2 rooms`.
 * @param {number} count
 * @param {string} noun
 */
export const counted = (count, noun) => `${wholeNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
