// A client of the console's API.
import { text } from './texts.js';

const kTimeoutMs = 10_000;

export class ApiError extends Error {
  /**
   * @param {number} status  HTTP status; 0 when there was no reply
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  #token;
  #onRefused;

  /**
   * @param {string} token
   * @param {() => void} onRefused  called when the server rejects the token
   */
  constructor(token, onRefused) {
    this.#token = token;
    this.#onRefused = onRefused;
  }

  /**
   * @param {string} name  relative to `/console/api/`
   * @param {Record<string, string|number>} [query]  empty values are left out
   * @param {AbortSignal} [signal]  aborts the request
   * @returns {Promise<any>}
   */
  get(name, query = {}, signal) {
    const asked = Object.entries(query).filter(([, value]) => value !== '').map(([key, value]) => [key, String(value)]);
    return this.#call(`api/${name}${asked.length > 0 ? `?${new URLSearchParams(asked)}` : ''}`, { signal });
  }

  /**
   * @param {string} name
   * @param {Record<string, string|number>} body
   * @returns {Promise<any>}
   */
  post(name, body) {
    return this.#call(`api/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /**
   * A streaming reply.
   * @param {string} after  the cursor to start after; empty: now
   * @param {AbortSignal} signal
   */
  async stream(after, signal) {
    const query = after ? `?${new URLSearchParams({ after })}` : '';
    const response = await this.#fetch(`api/stream${query}`, { signal, headers: { Accept: 'text/event-stream' } });
    if (!response.ok || !response.body) throw refusal(response, await replyOf(response));
    return response.body;
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   */
  async #call(path, options) {
    const timeout = AbortSignal.timeout(kTimeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const response = await this.#fetch(path, { ...options, signal });
    const reply = await replyOf(response);
    if (response.ok && reply?.code === 0) return reply;
    throw refusal(response, reply);
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   */
  async #fetch(path, options) {
    let response;
    try {
      response = await fetch(path, {
        ...options,
        headers: { ...options.headers, Authorization: `Bearer ${this.#token}` },
        cache: 'no-store',
        credentials: 'omit',
      });
    } catch (error) {
      if (options.signal?.aborted && /** @type {Error} */ (error).name === 'AbortError') throw error;
      throw new ApiError(0, text('error.noAnswer'));
    }
    if (response.status === 401) this.#onRefused();
    return response;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>}  null when it is not JSON
 */
const replyOf = (response) => response.json().catch(() => null);

/**
 * The server's error text, if there is any.
 * @param {Response} response
 * @param {any} reply
 */
function refusal(response, reply) {
  const sentences = [reply?.message, reply?.detail].filter(Boolean);
  return new ApiError(response.status, sentences.join(': ') || text('error.http', { status: String(response.status) }));
}
