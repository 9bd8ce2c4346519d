// Pauses between tries that grow, and differ from client to client: else all phones return at the same moment.

const kFirstMs = 1000;
const kLongestMs = 30000;

/** @param tries  that failed, from 1 */
export function pauseMs(tries, { random }) {
  const longest = Math.min(kFirstMs * 2 ** (tries - 1), kLongestMs);
  return longest * (0.5 + random() / 2);
}

/** @param tries  that failed, from 1 */
export function pause(tries, platform) {
  return new Promise((resolve) => { platform.setTimer(pauseMs(tries, platform), resolve); });
}
