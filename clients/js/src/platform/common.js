// What mini-programs, browsers and Node have in common.

/** create_room may take 8 s while the IM service is slow; a long poll needs `waitMs` on top. */
export const kRequestTimeoutMs = 15000;

export const common = {
  random: Math.random,
  /** @returns a function that stops the timer */
  setTimer(ms, listener) {
    const timer = setTimeout(listener, ms);
    return () => clearTimeout(timer);
  },
};
