// Waiting for a condition, never for a time.
import { setTimeout } from 'node:timers/promises';

const kTimeoutMs = 240_000;
const kShortestPauseMs = 10;
const kLongestPauseMs = 100;

/**
 * Looks again after pauses of at most a thirtieth of the time: a look at a page or a server may cost much.
 * @param {string} what  is waited for
 * @param {() => unknown} condition  or a promise of it
 * @param {number} timeoutMs
 */
export async function until(what, condition, timeoutMs = kTimeoutMs) {
  const begun = Date.now();
  while (!await condition()) {
    const waitedMs = Date.now() - begun;
    if (waitedMs > timeoutMs) throw new Error(`in vain: ${what}`);
    await setTimeout(Math.min(Math.max(waitedMs / 30, kShortestPauseMs), kLongestPauseMs));
  }
}
