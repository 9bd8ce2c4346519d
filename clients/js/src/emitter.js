// Events by name.

export class Emitter {
  constructor(platform) {
    this._platform = platform;
    this._listeners = {};
  }

  /** @returns a function that removes the listener again */
  on(event, listener) {
    this._listeners[event] = [...(this._listeners[event] || []), listener];
    return () => this.off(event, listener);
  }

  off(event, listener) {
    this._listeners[event] = (this._listeners[event] || []).filter((other) => other !== listener);
  }

  _emit(event, value) {
    for (const listener of this._listeners[event] || []) {
      try {
        listener(value);
      } catch (error) {
        // A fault of one listener must not keep the others, or the room, from going on.
        this._platform.setTimer(0, () => { throw error; });
      }
    }
  }
}
