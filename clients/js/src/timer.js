// One timer, set anew each time.

export function makeTimer(platform) {
  let cancel;
  const stop = () => {
    if (cancel) cancel();
    cancel = null;
  };
  return {
    stop,
    start(ms, listener) {
      stop();
      cancel = platform.setTimer(ms, () => {
        cancel = null;
        listener();
      });
    },
    get isRunning() { return Boolean(cancel); },
  };
}
