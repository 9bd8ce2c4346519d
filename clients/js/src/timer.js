// One timer, set anew each time.

export class Timer {
  constructor(platform) { this._platform = platform; }

  set(ms, listener) {
    this.stop();
    this._stop = this._platform.setTimer(ms, () => {
      this._stop = null;
      listener();
    });
  }

  stop() {
    if (this._stop) this._stop();
    this._stop = null;
  }

  get isSet() { return Boolean(this._stop); }
}
