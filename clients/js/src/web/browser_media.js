// What the library needs of a browser for pictures and sound; a part of its environment, which tests replace.
import { common, kRequestTimeoutMs } from '../platform/common.js';

/** @type {import('./types.js').MediaPlatform} */
export const browserMedia = {
  makePeer: (settings) => new RTCPeerConnection(settings),

  codecs: (kind, isSent) => (isSent ? RTCRtpSender : RTCRtpReceiver).getCapabilities(kind)?.codecs ?? [],

  makeStream: () => new MediaStream(),

  async exchange({ url, method, body, keepalive = false }) {
    const controller = new AbortController();
    const stopTimer = common.setTimer(kRequestTimeoutMs, () => controller.abort());
    try {
      const response = await fetch(url, { method, body, keepalive, signal: controller.signal,
        headers: body ? { 'Content-Type': 'application/sdp' } : {} });
      const location = response.headers.get('Location');
      return {
        status: response.status, location: location ? new URL(location, url).href : '',
        retryAfterMs: 1000 * Number(response.headers.get('Retry-After')) || 0,
        link: response.headers.get('Link') ?? '', text: await response.text(),
      };
    } finally {
      stopTimer();
    }
  },
};
