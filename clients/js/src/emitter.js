// Events by name.
import { refuse } from './errors.js';

/** @template Events  the type of each event's value, by name */
export class Emitter {
  /**
   * @param {import('./types.js').Platform} platform
   * @param {string} events  their names, between blanks
   */
  constructor(platform, events) {
    this._hide({ _platform: platform, _events: events.split(' '), _listeners: [] });
  }

  /**
   * An unknown event fails with `BAD_REQUEST`.
   * @template {keyof Events} E
   * @overload
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   * @returns {() => void} removes the listener
   */
  on(event, listener, isOnce) {
    if (!this._events.includes(event)) refuse(`no event ${event}`);
    if (typeof listener !== 'function') refuse(`${event}: no listener`);
    const entry = { event, listener, isOnce };
    this._listeners = [...this._listeners, entry];
    return () => this._keep((other) => other !== entry);
  }

  /**
   * The same, for the next event only.
   * @template {keyof Events} E
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   */
  once(event, listener) {
    // @ts-expect-error programs have no third parameter
    return this.on(event, listener, true);
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   */
  off(event, listener) {
    this._keep((other) => other.event !== event || other.listener !== listener);
  }

  /** Sets what JSON, logs, and stores such as Vuex must not follow. */
  _hide(values) {
    for (const key in values) Object.defineProperty(this, key, { value: values[key], writable: true });
  }

  _keep(isKept) { this._listeners = this._listeners.filter(isKept); }

  _emit(name, value) {
    for (const entry of this._listeners) {
      if (entry.event !== name) continue;
      if (entry.isOnce) this._keep((other) => other !== entry);
      try {
        entry.listener(value);
      } catch (error) {
        // A fault of one listener must not keep the others, or the room, from going on.
        this._platform.setTimer(0, () => { throw error; });
      }
    }
  }
}
