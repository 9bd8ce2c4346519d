// Events by name.
import { refuse } from './errors.js';

export class Emitter {
  /** @param events  their names, between blanks */
  constructor(platform, events) {
    this._hide({ _platform: platform, _events: events.split(' '), _listeners: [] });
  }

  /** @returns a function that removes the listener again */
  on(event, listener, isOnce) {
    if (!this._events.includes(event)) refuse(`no event ${event}`);
    if (typeof listener !== 'function') refuse(`${event}: no listener`);
    const entry = { event, listener, isOnce };
    this._listeners = [...this._listeners, entry];
    return () => { this._listeners = this._listeners.filter((other) => other !== entry); };
  }

  once(event, listener) { return this.on(event, listener, true); }

  off(event, listener) {
    this._listeners = this._listeners.filter((other) => other.event !== event || other.listener !== listener);
  }

  /** Sets what JSON, logs, and stores such as Vuex must not follow. */
  _hide(values) {
    for (const key in values) Object.defineProperty(this, key, { value: values[key], writable: true });
  }

  _emit(name, value) {
    for (const { event, listener, isOnce } of this._listeners) {
      if (event !== name) continue;
      if (isOnce) this.off(event, listener);
      try {
        listener(value);
      } catch (error) {
        // A fault of one listener must not keep the others, or the room, from going on.
        this._platform.setTimer(0, () => { throw error; });
      }
    }
  }
}
