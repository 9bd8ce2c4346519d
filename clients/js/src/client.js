// A client that enters live rooms, and keeps lists of rooms, too.
import { CallClient, checkKind } from './call_client.js';
import { ignore } from './errors.js';
import { Room } from './room.js';
import { makeRoomList } from './room_list.js';

/** @typedef {import('./types.js').Kind} Kind */

/**
 * One user of one server.
 * @extends {CallClient<Room>}
 */
export class Client extends CallClient {
  /**
   * @param {import('./types.js').ClientOptions} options
   * @param {import('./types.js').Platform} platform
   */
  constructor(options, platform) {
    super(options, platform);
    this._Room = Room;
    this._hide({ _lists: new Map() }); // that are kept up to date, and their kinds
  }

  /**
   * The first 200 of these rooms, told now and whenever they change; each time all of them. Seats and ends are told
   * within about a second, viewers and custom fields within ten; all of it within ten where there is no socket.
   * @param {Kind} kind
   * @param {(rooms: import('./types.js').ListedRoom[]) => void} listener
   * @returns {() => void}  stops it
   */
  watchRooms(kind, listener) {
    checkKind(kind);
    const lists = this._lists;
    const list = makeRoomList(kind, listener, this._platform, this);
    lists.set(list, kind);
    list.onConnection(this.connection);
    return () => {
      list.stop();
      if (lists.delete(list) && ![...lists.values()].includes(kind)) ignore(this._channel.call('unwatch', { kind }));
    };
  }

  /**
   * Enters a live room as a viewer. `userInfo` is your own text. When the list of viewers is full, this one is not in
   * it, and watches all the same.
   * @param {string | number} roomID
   * @param {import('./types.js').Profile & {userInfo?: string}} [options]
   * @returns {Promise<Room>}
   */
  watchRoom(roomID, options) {
    return this._enter({ kind: 'live', roomID, isViewer: true }, options);
  }

  // ---- For the channel

  _onConnection(state) {
    this._lists.forEach((_, list) => list.onConnection(state));
    super._onConnection(state);
  }

  /** @param push  `list`: what has changed in a list of rooms */
  _onPush({ list: change }) {
    this._lists.forEach((kind, list) => { if (kind === change?.kind) list.onPush(change); });
  }
}
