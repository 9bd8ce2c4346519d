// Waiting for a condition, never for a time.

const kTimeoutMs = 60_000;
const kPeriodMs = 25;

/**
 * @param {string} what  is waited for
 * @param {() => boolean|Promise<boolean>} condition
 */
export async function until(what, condition) {
  const deadline = Date.now() + kTimeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, kPeriodMs); });
  }
}
