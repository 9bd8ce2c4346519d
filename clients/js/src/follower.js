// Keeps a room's properties as the server has them, and tells what changes.
import { makeTimer } from './timer.js';
import { kRefreshMs } from './times.js';

const kPusherFields = ['userID', 'userName', 'userAvatar', 'accelerateURL'];

const isSame = (one, other, fields) => JSON.stringify(one, fields) === JSON.stringify(other, fields);
const find = (pushers, { userID }) => pushers.find((pusher) => pusher.userID === userID);

export const without = (pushers, userID) => pushers.filter((pusher) => pusher.userID !== userID);

/** @param room  offers `_emit`, `_messages`, `_exists`, `_refresh`, `_onDeleted`, `_onLive`, `_isUnheard`, its properties
 * @param client  offers `connection` */
export function makeFollower(room, platform, client) {
  const refresh = makeTimer(platform);

  const set = (property, value, event = property) => {
    if (isSame(value, room[property])) return;
    room[property] = value;
    room._emit(event, value);
  };

  const setPushers = (pushers) => {
    const before = room.pushers;
    if (room.isClosed || isSame(pushers, before, kPusherFields)) return;
    const added = pushers.filter((pusher) => !find(before, pusher));
    const removed = before.filter((pusher) => !find(pushers, pusher));
    const updated = pushers
      .filter((pusher) => !added.includes(pusher) && !isSame(pusher, find(before, pusher), kPusherFields));
    room.pushers = pushers;
    room._emit('pushers', { pushers, added, removed, updated });
  };

  return {
    set,

    /** @param snapshot  of the channel, or a reply of the room API, which may have a part of it */
    onSnapshot(snapshot) {
      if (room.isClosed) return;
      const { roomInfo, roomCreator, mixedPlayURL, pushers } = snapshot;
      if (pushers) Object.assign(room, { roomInfo, roomCreator, mixedPlayURL });
      room._onLive(snapshot);
      if (pushers) setPushers(pushers);
    },

    onEvent(event) {
      const { message, pusher_added: added, pusher_updated: updated, pusher_deleted: deleted } = event;
      const pusher = added || updated;
      if (message) room._messages.take(message);
      if (pusher) {
        // One that rejoins keeps its place.
        const join = () => {
          const known = find(room.pushers, pusher);
          setPushers(known ? room.pushers.map((other) => (other === known ? pusher : other)) : [...room.pushers, pusher]);
        };
        // Another stream of the host is another `mixedPlayURL`, which only the room tells.
        if (updated && room.kind === 'live' && updated.userID === room.roomCreator) room._exists().catch(join);
        else join();
      }
      if (deleted) {
        room.roomCreator = deleted.newCreator || room.roomCreator;
        setPushers(without(room.pushers, deleted.userID));
        room._onDeleted(deleted);
      }
      room._onLive(event);
    },

    onConnection() {
      refresh.stop();
      if ((client.connection !== 'none' && !room._isUnheard) || room.isClosed) return;
      refresh.start(kRefreshMs, async () => {
        await room._refresh();
        this.onConnection();
      });
    },

    /** The room is over. */
    stop() { refresh.stop(); },
  };
}
