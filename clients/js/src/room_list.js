// Lists of rooms that are kept up to date: by what the channel tells, or else by reading them now and then.
import { kClosed, kConnecting } from './channel.js';
import { Client, checkKind, readListed } from './client.js';
import { Emitter } from './emitter.js';
import { ignore } from './errors.js';
import { makeTimer } from './timer.js';
import { kRefreshMs } from './times.js';

const kMostRooms = 200; // that the server lists at once
const kFirstMs = 1000; // in which most sockets open

/** @param listener  called with all rooms
 * @param client  offers `connection`, `listRooms`, and the channel */
function makeRoomList(kind, listener, platform, client) {
  const told = new Emitter(platform, 'rooms');
  const timer = makeTimer(platform);
  let rooms;
  let isOver = false;
  let missed; // what is told while the list is read; a later reading has another one

  const read = async () => {
    const mine = missed = [];
    // The list is read after this, so that it has all that is not told.
    const isTold = client.connection === 'connected'
      && await ignore(client._channel.call('watch', { kind })); // older servers know no such request
    const found = await ignore(client.listRooms(kind, { count: kMostRooms }));
    if (isOver || missed !== mine) return;
    if (!found || !isTold) timer.start(kRefreshMs, read);
    if (!found) return;
    missed = null;
    set(found);
    mine.forEach((apply) => apply());
  };

  const set = (now) => {
    rooms = now;
    told._emit('rooms', rooms);
  };

  const list = {
    onPush({ ended: [...ended], changed, lost }) {
      const listed = changed.map(readListed);
      const apply = () => {
        if (isOver) return; // a listener has stopped it
        // Not all clients at the same moment. A full list gets another room for one that has ended.
        if ((lost || rooms.length === kMostRooms) && !timer.isRunning) timer.start(kRefreshMs * platform.random(), read);
        const byID = new Map(rooms.map((room) => [room.roomID, room]));
        ended.forEach((roomID) => byID.delete(roomID));
        listed.forEach((room) => byID.set(room.roomID, room));
        set([...byID.values()].slice(0, kMostRooms));
      };
      if (missed) missed.push(apply);
      else apply();
    },

    onConnection(state) {
      timer.stop();
      missed = null;
      if (state === kConnecting) timer.start(rooms ? kRefreshMs : kFirstMs, read);
      else if (state !== kClosed) read();
    },

    stop() {
      isOver = true;
      timer.stop();
    },
  };
  told.on('rooms', listener);
  return list;
}

/** A client that keeps lists of rooms, too. */
export class ListingClient extends Client {
  /**
   * @param {import('./types.js').ClientOptions} options
   * @param {import('./types.js').Platform} platform
   */
  constructor(options, platform) {
    super(options, platform);
    this._hide({ _lists: new Map() }); // and their kinds
  }

  /**
   * The first 200 of these rooms, told now and whenever they change; each time all of them. Seats and ends are told
   * within about a second, viewers and custom fields within ten; all of it within ten where there is no socket.
   * @param {import('./types.js').Kind} kind
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

  // ---- For the channel

  _onConnection(state) {
    this._lists.forEach((_, list) => list.onConnection(state));
    super._onConnection(state);
  }

  /** @param push  `list`: what has changed in a list of rooms */
  _onPush({ list: change }) {
    if (change) this._lists.forEach((kind, list) => { if (kind === change.kind) list.onPush(change); });
  }
}
