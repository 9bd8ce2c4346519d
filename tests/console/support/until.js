// Waiting for a condition, never for a time.
import { setTimeout } from 'node:timers/promises';

const kTimeoutMs = 60_000;
const kPeriodMs = 10;

/**
 * @param {string} what  is waited for
 * @param {() => unknown} condition  or a promise of it
 */
export async function until(what, condition) {
  const deadline = Date.now() + kTimeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await setTimeout(kPeriodMs);
  }
}
