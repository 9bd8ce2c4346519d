// A pusher's seat: taken when its stream runs, kept by heartbeats, taken again after an eviction.
import { pauseMs } from './backoff.js';
import { RtcRoomError, ignore } from './errors.js';
import { Timer } from './timer.js';

const kFirstBeatMs = 3000;
const kBeatMs = 7000;
const kOver = ['NO_ROOM', 'ROOM_FULL', 'NOT_AUTHORISED', 'OTHER_LOGIN', 'CLOSED'];

export class Seat {
  /** @param room  offers `_call`, `_exists`, `_names`, `_setPushURL`, `_onEvicted`, `_onSeatLost`
   * @param isNew  whether the room waits for this pusher, its first */
  constructor(room, platform, isNew) {
    this._room = room;
    this._platform = platform;
    this._isNew = isNew;
    this._hasStream = false;
    this._queue = Promise.resolve();
    this._timer = new Timer(platform); // of the next heartbeat, or try to return
    this.isTaken = false;
    this._isWanted = false;
  }

  async take(hasStream) {
    this._isWanted = true;
    this._hasStream = hasStream;
    if (hasStream) await this._renewPushURL();
    else await this.onStream();
  }

  async giveUp() {
    this._stop();
    await this._queue; // a request under way may still take it
    if (this._isNew) await this._room._call('destroy_room', {}).catch(() => {});
    else await ignore('NOT_MEMBER', this._room._call('delete_pusher', {}));
  }

  /** The room is over, or the seat is given up. */
  _stop() {
    this._isWanted = this.isTaken = false;
    this._timer.stop();
    this._room._setPushURL('');
  }

  /** The stream runs: now the others can play it. */
  onStream() {
    const entering = this._queue.then(() => this._enter());
    this._queue = entering.catch(() => {});
    return entering;
  }

  onStreamBroken() { return this._isWanted && this._hasStream ? this._renewPushURL() : Promise.resolve(); }

  /** Each URL is for one stream, and the server signs only those that it has given out. */
  async _renewPushURL() {
    const { pushURL } = await this._room._call('get_push_url', {});
    if (this._isWanted) this._room._setPushURL(pushURL);
  }

  async _enter() {
    const room = this._room;
    const { pushURL, roomInfo } = room;
    if (!this._isWanted) throw new RtcRoomError('CLOSED', 'the seat was given up');
    if (this.isTaken && pushURL === this._enteredURL) return;
    try {
      // add_pusher would make a room that has ended anew, with this user alone in it.
      if (!this._isNew && !this.isTaken) await room._exists();
      await room._call('add_pusher', { ...room._names, pushURL, roomInfo });
    } catch (error) {
      if (kOver.includes(error.name)) room._onSeatLost(error);
      throw error;
    }
    this._isNew = false;
    if (!this._isWanted) return; // given up meanwhile: `giveUp` deletes it
    this.isTaken = true;
    this._enteredURL = pushURL;
    this._beatIn(kFirstBeatMs);
  }

  _beatIn(ms) { this._timer.set(ms, () => this.beat()); }

  /** At once when the program is shown again: its timers had stopped. */
  beat() {
    if (!this.isTaken) return;
    this._beatIn(kBeatMs); // on schedule, whatever becomes of this one
    this._room._call('pusher_heartbeat', {}, { tries: 1 }).catch(({ name }) => {
      // A heartbeat never restores a seat.
      if (name === 'NOT_MEMBER' && this.isTaken) this._return();
    });
  }

  /** Evicted: takes the seat again, with a fresh stream. */
  _return() {
    this.isTaken = false;
    this._timer.stop();
    this._room._setPushURL('');
    this._room._onEvicted();
    this._tryToReturn(1);
  }

  async _tryToReturn(tried) {
    try {
      await this._room._exists();
      if (!this._isWanted) return;
      await this.take(this._hasStream);
    } catch (error) {
      if (!this._isWanted) return;
      if (kOver.includes(error.name)) {
        this._room._onSeatLost(error);
        return;
      }
      this._timer.set(pauseMs(tried, this._platform), () => this._tryToReturn(tried + 1));
    }
  }
}
