// The server's metrics of the last ten minutes.

export const kSpanMs = 10 * 60_000;
// Two failed polls: the gap is not drawn, since its values are unknown.
const kGapMs = 7000;

/**
 * @typedef {{atMs: number, value: number}} Point
 * @typedef {import('./types.js').ServerReply} ServerReply
 */

export class SampleHistory {
  /** @type {Array<{atMs: number, reply: ServerReply}>} */
  #samples = [];

  /**
   * @param {ServerReply} reply
   * @param {number} atMs  on a monotonic clock
   */
  add(reply, atMs) {
    this.#samples.push({ atMs, reply });
    const oldest = this.#samples.findIndex((sample) => sample.atMs >= atMs - kSpanMs);
    this.#samples.splice(0, oldest);
  }

  /**
   * The time of the oldest sample, if any.
   * @returns {number|undefined}
   */
  get beginMs() {
    return this.#samples[0]?.atMs;
  }

  /**
   * The values of a metric, in unbroken pieces.
   * @param {(reply: ServerReply) => number} readValue
   * @returns {Point[][]}
   */
  levels(readValue) {
    return this.#pieces((sample) => ({ atMs: sample.atMs, value: readValue(sample.reply) }), 0);
  }

  /**
   * The growth of a counter per second. A restarted server counts from zero.
   * @param {(reply: ServerReply) => number} readValue
   * @returns {Point[][]}
   */
  rates(readValue) {
    return this.#pieces((sample, before) => ({
      atMs: sample.atMs,
      value: ((readValue(sample.reply) - readValue(before.reply)) * 1000) / (sample.atMs - before.atMs),
    }), 1);
  }

  /**
   * @param {(sample: {atMs: number, reply: ServerReply}, before: {atMs: number, reply: ServerReply}) => Point} point
   * @param {number} skipped  samples at the beginning of each piece that yield no point
   */
  #pieces(point, skipped) {
    /** @type {Point[][]} */
    const pieces = [];
    let inPiece = 0;
    this.#samples.forEach((sample, at) => {
      const before = this.#samples[at - 1];
      const goesOn = before && sample.atMs - before.atMs <= kGapMs &&
        sample.reply.startedAtMs === before.reply.startedAtMs;
      inPiece = goesOn ? inPiece + 1 : 0;
      if (inPiece < skipped) return;
      if (inPiece === skipped) pieces.push([]);
      pieces[pieces.length - 1].push(point(sample, before ?? sample));
    });
    return pieces;
  }
}
