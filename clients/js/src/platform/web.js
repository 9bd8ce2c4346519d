// Browsers, and Node.
import { common, kRequestTimeoutMs } from './common.js';

/** A page keeps its user for its tab, so that two tabs can be two users. */
export function webPlatform({ WebSocket = globalThis.WebSocket, storage = globalThis.sessionStorage } = {}) {
  return {
    ...common,
    request({ url, method = 'POST', body = {}, waitMs = 0 }) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), kRequestTimeoutMs + waitMs);
      // The type keeps browsers from asking with OPTIONS before each request.
      const options = method === 'GET' ? {} : { headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify(body) };
      const reply = fetch(url, { method, ...options, signal: abort.signal })
        .then(async (response) => ({ status: response.status, data: await response.json() }))
        .finally(() => clearTimeout(timer));
      return { reply, abort: () => abort.abort() };
    },
    openSocket(url, protocol, { onOpen, onMessage, onClose }) {
      const socket = new WebSocket(url, protocol);
      socket.onopen = onOpen;
      socket.onmessage = ({ data }) => onMessage(data);
      socket.onclose = ({ code }) => onClose(code);
      socket.onerror = () => {}; // a close follows
      return { send: (data) => socket.send(data), close: () => socket.close(1000) };
    },
    hasSockets: Boolean(WebSocket),
    onShow(listener) {
      const page = globalThis.document;
      if (!page) return;
      page.addEventListener('visibilitychange', () => { if (!page.hidden) listener(); });
      globalThis.addEventListener('online', listener);
    },
    load(key) {
      const text = storage && storage.getItem(key);
      return text ? JSON.parse(text) : undefined;
    },
    save(key, value) {
      if (!storage) return;
      if (value) storage.setItem(key, JSON.stringify(value));
      else storage.removeItem(key);
    },
    loginCode: async () => '',
  };
}
