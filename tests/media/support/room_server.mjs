// Takes callbacks in rtcroomd's place, and answers as the test decides.
import http from 'node:http';
import { kHost } from './processes.mjs';

export class RoomServer {
  /** All calls so far: the form's fields, with `authorization` and the status of the `answer`. */
  calls = [];
  /** The status for a call, or a promise of it; undefined: the call is never answered. */
  decide = async () => 200;
  #port = 0;
  #server = null;

  get address() { return `${kHost}:${this.#port}`; }

  /** Listens, at the same address as before, which nobody else takes meanwhile. */
  async start() {
    this.#server = http.createServer((request, reply) => this.#take(request, reply));
    await new Promise((resolve) => { this.#server.listen(this.#port, kHost, resolve); });
    this.#port = this.#server.address().port;
  }

  /** Ends as a killed process does. */
  async stop() {
    const closed = new Promise((resolve) => { this.#server.close(resolve); });
    this.#server.closeAllConnections();
    await closed;
  }

  /** The calls about a stream. The end of an earlier one may be told at any time. */
  about(stream) { return this.calls.filter(({ name }) => name === stream); }

  /** Those of a kind. */
  of(call, stream) { return this.about(stream).filter((fields) => fields.call === call); }

  async #take(request, reply) {
    let body = '';
    for await (const bytes of request) body += bytes;
    const fields = Object.fromEntries(new URLSearchParams(body));
    fields.authorization = request.headers.authorization;
    fields.request = `${request.method} ${request.url}`;
    this.calls.push(fields);
    fields.answer = await this.decide(fields);
    if (fields.answer === undefined) return;
    reply.writeHead(fields.answer, { 'Content-Type': 'application/json' });
    reply.end(JSON.stringify({ code: fields.answer === 200 ? 0 : 1 }));
  }
}
