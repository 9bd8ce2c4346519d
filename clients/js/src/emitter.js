// Events by name.

export class Emitter {
  constructor(platform) {
    this._platform = platform;
    this._listeners = [];
  }

  /** @returns a function that removes the listener again */
  on(event, listener) {
    this._listeners = [...this._listeners, { event, listener }];
    return () => this.off(event, listener);
  }

  off(event, listener) {
    this._listeners = this._listeners.filter((other) => other.event !== event || other.listener !== listener);
  }

  _emit(name, value) {
    for (const { event, listener } of this._listeners) {
      try {
        if (event === name) listener(value);
      } catch (error) {
        // A fault of one listener must not keep the others, or the room, from going on.
        this._platform.setTimer(0, () => { throw error; });
      }
    }
  }
}
