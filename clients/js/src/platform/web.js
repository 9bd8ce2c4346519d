// Browsers, and Node.
import { common, kRequestTimeoutMs } from './common.js';

/** @returns a function that removes the listener */
export function listen(target, event, listener) {
  target?.addEventListener?.(event, listener); // Node has none
  return () => target?.removeEventListener?.(event, listener);
}

/** What a page keeps as JSON. It may be kept from its storage, or have filled it: then it begins anew.
 * @param storageNow  gives the storage */
export const keptIn = (storageNow) => ({
  load(key) {
    try {
      return JSON.parse(storageNow().getItem(key));
    } catch (error) { /* nothing, then */ }
  },
  save(key, value) {
    try {
      storageNow().setItem(key, JSON.stringify(value));
    } catch (error) { /* nothing next time */ }
  },
});

/**
 * A page keeps its user for its tab, so that two tabs can be two users.
 * @overload
 * @param {Pick<import('../types.js').ClientOptions, 'WebSocket' | 'storage'>} [options]
 * @returns {import('../types.js').Platform}
 */
/** @param {any} [options] */
export function webPlatform({ WebSocket = globalThis.WebSocket, storage } = {}) {
  return {
    ...common,
    now: () => performance.now(),
    ...keptIn(() => (storage === undefined ? sessionStorage : storage)),
    request({ url, body, waitMs = 0 }) {
      const controller = new AbortController();
      const abort = () => controller.abort();
      const stopTimer = common.setTimer(kRequestTimeoutMs + waitMs, abort);
      // As plain text, the type of a string, so that browsers do not ask with OPTIONS before each request.
      const post = body && { method: 'POST', body: JSON.stringify(body) };
      const reply = fetch(url, { ...post, signal: controller.signal })
        .then(async (response) => ({ status: response.status, data: await response.json().catch(() => null) }))
        .finally(stopTimer);
      return { reply, abort };
    },
    openSocket(url, protocol, { onOpen, onMessage, onClose }) {
      const socket = Object.assign(new WebSocket(url, protocol), {
        onopen: onOpen,
        onmessage: ({ data }) => onMessage(data),
        onclose: ({ code }) => onClose(code),
        onerror() {}, // a close follows
      });
      return { send: (data) => socket.send(data), close: () => socket.close(1000) };
    },
    hasSockets: Boolean(WebSocket),
    onShow(onShow, onOffline) {
      const page = globalThis.document;
      const stops = [listen(page, 'visibilitychange', () => { if (!page.hidden) onShow(); }),
        listen(globalThis, 'online', onShow), listen(globalThis, 'offline', onOffline)];
      return () => stops.forEach((stop) => stop());
    },
    loginCode: async () => '',
  };
}
