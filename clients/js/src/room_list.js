// A list of rooms that is kept up to date: by what the channel tells, or else by reading it now and then.
import { readListed } from './call_client.js';
import { kClosed, kConnecting } from './channel.js';
import { Emitter } from './emitter.js';
import { ignore } from './errors.js';
import { makeTimer } from './timer.js';
import { kRefreshMs } from './times.js';

const kMostRooms = 200; // that the server lists at once
const kFirstMs = 1000; // in which most sockets open

/** @param listener  called with all rooms
 * @param client  offers `connection`, `listRooms`, and the channel */
export function makeRoomList(kind, listener, platform, client) {
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
