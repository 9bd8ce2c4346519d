// Waiting for a condition, never for a time.
import { setTimeout } from 'node:timers/promises';

const kTimeoutMs = 60_000;
const kPeriodMs = 10;

/**
 * @param {string} what  is waited for
 * @param {() => unknown} condition  or a promise of it
 * @param {number} timeoutMs
 */
export async function until(what, condition, timeoutMs = kTimeoutMs) {
  const deadline = Date.now() + timeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await setTimeout(kPeriodMs);
  }
}
