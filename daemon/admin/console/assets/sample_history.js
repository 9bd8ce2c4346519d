// The last ten minutes of the server's figures.

export const kSpanMs = 10 * 60_000;
// Two polls that failed: what lies between is not known, and is not drawn as if it were.
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
   * @param {number} atMs  on a clock that only goes forward
   */
  add(reply, atMs) {
    this.#samples.push({ atMs, reply });
    const oldest = this.#samples.findIndex((sample) => sample.atMs >= atMs - kSpanMs);
    this.#samples.splice(0, oldest);
  }

  /**
   * When the oldest sample was taken, if there is one.
   * @returns {number|undefined}
   */
  get beginMs() {
    return this.#samples[0]?.atMs;
  }

  /**
   * A figure as it was, in unbroken pieces.
   * @param {(reply: ServerReply) => number} figure
   * @returns {Point[][]}
   */
  levels(figure) {
    return this.#pieces((sample) => ({ atMs: sample.atMs, value: figure(sample.reply) }), 0);
  }

  /**
   * How fast a figure grew, in a second. A server that was started again counts from zero.
   * @param {(reply: ServerReply) => number} figure
   * @returns {Point[][]}
   */
  rates(figure) {
    return this.#pieces((sample, before) => ({
      atMs: sample.atMs,
      value: ((figure(sample.reply) - figure(before.reply)) * 1000) / (sample.atMs - before.atMs),
    }), 1);
  }

  /**
   * @param {(sample: {atMs: number, reply: ServerReply}, before: {atMs: number, reply: ServerReply}) => Point} point
   * @param {number} skipped  samples at the beginning of each piece that make no point
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
