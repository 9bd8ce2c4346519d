// A room that may be a live one: with viewers, custom fields, and one picture of several streams.
import { CallRoom } from './call_room.js';
import { ignore } from './errors.js';
import { makeTimer } from './timer.js';
import { kAudienceMs } from './times.js';

/** A room that this user is in. Its properties are kept up to date; as JSON it is these properties. */
export class Room extends CallRoom {
  /**
   * Rooms are made by `createRoom`, `joinRoom` and `watchRoom`.
   * @private
   */
  constructor(facts) {
    super(facts);
    this._hide({ _watching: undefined, _counting: makeTimer(this._platform) });
  }

  /**
   * A live room's counter, such as `likes`. Resolves with its value.
   * @param {string} field
   * @returns {Promise<number>}
   */
  increment(field) { return this._setField(field, 'inc'); }

  /**
   * @param {string} field
   * @returns {Promise<number>}
   */
  decrement(field) { return this._setField(field, 'dec'); }

  /**
   * For pushers, unless the operator lets everybody.
   * @param {string} field
   * @param {import('./types.js').FieldValue} value
   */
  async setField(field, value) { await this._setField(field, 'set', value); }

  /**
   * The newest viewers, in join order: those that fit into a reply of 256 KiB.
   * @returns {Promise<import('./types.js').Viewer[]>}
   */
  audience() {
    return this._call('get_audiences', {}, ({ audiences, audienceCount }) => {
      this._onLive({ audienceCount });
      return [...audiences];
    });
  }

  /**
   * Asks for one picture of several streams.
   * @param {object} mergeParams  as the media service documents them
   * @returns {Promise<object>}
   */
  mergeStream(mergeParams) { return this._call('merge_stream', { mergeParams }, ({ result }) => result); }

  // ---- For the client and the follower

  async _watch({ userInfo = '' }) {
    // A full list means "not counted", and not "may not watch".
    this._watching = ignore(this._call('add_audience', { userInfo }), 'AUDIENCE_FULL');
    this._entry = await this._watching;
    if (this._entry) await this._listen();
    await this.audience();
  }

  async _refresh() {
    await super._refresh();
    if (this.kind === 'live' && !this.isClosed) await ignore(this.audience());
  }

  /**
   * @param {any} told  a snapshot, an event, or a reply that has a part of it. Of many viewers an event tells the
   *   number, in `audience`.
   */
  _onLive({ custom, audience = {}, audienceCount = audience.audienceCount, custom_changed: change,
    audience_added: viewer, audience_deleted: formerViewer }) {
    // Not after a listener has left the room.
    const tell = (...values) => { if (!this.isClosed) this._follower.set(...values); };
    // Text in replies, an object in the channel.
    const fields = typeof custom === 'string' ? JSON.parse(custom) : custom;
    if (fields) tell('fields', fields);
    if (audienceCount >= 0) tell('audienceCount', audienceCount, 'audience');
    if (change) {
      const { field, value } = change;
      tell('fields', field ? { ...this.fields, [field]: value } : value || {});
    }
    // The server counts: a viewer that registers again is one viewer.
    if ((viewer || formerViewer) && !this.isClosed && !this._counting.isRunning) {
      this._counting.start(kAudienceMs, () => ignore(this.audience()));
    }
  }

  _close() {
    super._close();
    this._counting.stop();
  }

  // ---- Inside

  async _giveUpAll() {
    await super._giveUpAll();
    if (!this._watching) return;
    const entry = await ignore(this._watching);
    await this._call('delete_audience', { stay: entry?.stay });
  }

  _setField(fieldName, operation, value) {
    // A counter is not asked again without an answer: it would count twice.
    const tries = operation === 'set' ? undefined : 1;
    return this._call('set_custom_field', { fieldName, operation, value }, ({ custom }) => {
      this._onLive({ custom });
      return this.fields[fieldName];
    }, tries);
  }
}
