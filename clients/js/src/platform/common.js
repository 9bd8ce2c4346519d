// What mini-programs, browsers and Node have in common.

/** create_room may take 8 s while the IM service is slow; a long poll needs `waitMs` on top. */
export const kRequestTimeoutMs = 15000;

/** The device's clock, less what it is set back. */
function makeClock() {
  let before = 0;
  let setBack = 0;
  return () => {
    const time = Date.now();
    setBack += Math.max(0, before - time);
    before = time;
    return time + setBack;
  };
}

export const common = {
  /** Mini-programs may have no `performance`, or one without the time. */
  now: typeof performance === 'object' && performance?.now ? () => performance.now() : makeClock(),
  random: Math.random,
  /** @returns a function that stops the timer */
  setTimer(ms, listener) {
    const timer = setTimeout(listener, ms);
    return () => clearTimeout(timer);
  },
};
