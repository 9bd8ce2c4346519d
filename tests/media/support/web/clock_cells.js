// A time in a picture, as black and white squares that any codec keeps; for pages and for Node.
//
// 32 squares, in two rows of 16 along the upper edge, each a sixteenth of the width: 24 bits of a time in milliseconds,
// 4 bits that tell the source, 4 bits that check both.
const kColumns = 16;
const kRows = 2;
const kSpan = 2 ** 24; // milliseconds: 4.6 hours

const checkOf = (value) => [0, 4, 8, 12, 16, 20, 24].reduce((sum, shift) => (sum * 3 + ((value >>> shift) & 15)) & 15, 5);

/** @returns 32 bits, the highest first: of a time in ms and a source below 16 */
export function bitsOf(time, source) {
  const value = (Math.floor(time) % kSpan) * 16 + source;
  const all = [...Array(28).keys()].map((index) => (value >>> (27 - index)) & 1);
  const check = checkOf(value);
  return [...all, (check >> 3) & 1, (check >> 2) & 1, (check >> 1) & 1, check & 1];
}

/** @returns whether, and how long ago by `now`, a source has written the bits; undefined: they are damaged */
export function readBits(bits, now) {
  const value = bits.slice(0, 28).reduce((sum, bit) => sum * 2 + bit, 0);
  if (bits.slice(28).reduce((sum, bit) => sum * 2 + bit, 0) !== checkOf(value)) return undefined;
  const age = (Math.floor(now) - Math.floor(value / 16) + kSpan) % kSpan;
  return { source: value % 16, age: age > kSpan / 2 ? age - kSpan : age };
}

/** Calls `draw(x, y, size, bit)` for each square of a picture of this width. */
export function drawBits(bits, width, draw) {
  const size = width / kColumns;
  bits.forEach((bit, index) => draw((index % kColumns) * size, Math.floor(index / kColumns) * size, size, bit));
}

/** The bits of a picture, by `light(x, y)` of its pixels, 0 to 255: the mean in the middle of each square. */
export function bitsIn(width, light) {
  const size = width / kColumns;
  return [...Array(kColumns * kRows).keys()].map((index) => {
    const x = Math.floor((index % kColumns) * size + size / 2);
    const y = Math.floor(Math.floor(index / kColumns) * size + size / 2);
    const around = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => light(x + dx, y + dy)));
    return around.reduce((sum, one) => sum + one, 0) / around.length > 127 ? 1 : 0;
  });
}

/** Height of the squares in a picture of this width. */
export const heightOf = (width) => (width / kColumns) * kRows;

/** Power of a tone in samples, relative to a full-scale sine. */
export function powerOf(samples, frequency, rate) {
  const factor = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [one, two] = [0, 0];
  for (const sample of samples) [one, two] = [sample + factor * one - two, one];
  return (one * one + two * two - factor * one * two) / (samples.length / 2) ** 2;
}

/** A short tone begins at each multiple of so many milliseconds of the clock, in every stream. */
export const kMarker = { periodMs: 4000, lengthMs: 200, frequency: 3000, loudness: 0.5 };

/** How long after its multiple a marker was heard; negative: before. */
export const markerAge = (now) => (now + kMarker.periodMs / 2) % kMarker.periodMs - kMarker.periodMs / 2;

/** @returns the share `p` of sorted numbers is at most this */
export function quantile(numbers, p) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}
