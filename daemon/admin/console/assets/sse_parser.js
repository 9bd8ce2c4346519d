// An incremental parser of `text/event-stream`.

/** @typedef {{id: string, type: string, data: string}} SseMessage */

export class SseParser {
  #rest = '';
  #id = '';
  #type = '';
  /** @type {string[]} */
  #data = [];
  #touched = false;

  /**
   * @param {string} piece  the next data, cut at any position
   * @returns {SseMessage[]}  the messages that it completes
   */
  push(piece) {
    const messages = [];
    const lines = (this.#rest + piece).split('\n');
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      const message = this.#take(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (message) messages.push(message);
    }
    return messages;
  }

  /**
   * @param {string} line
   * @returns {SseMessage|null}
   */
  #take(line) {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    if (colon === 0) return null;  // a comment: a keep-alive
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    this.#touched = true;
    if (field === 'id') this.#id = value;
    if (field === 'event') this.#type = value;
    if (field === 'data') this.#data.push(value);
    return null;
  }

  #finish() {
    const message = { id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') };
    const isWhole = this.#touched;
    this.#id = '';
    this.#type = '';
    this.#data = [];
    this.#touched = false;
    return isWhole ? message : null;
  }
}
