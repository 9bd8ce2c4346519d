// Keeps a room's properties as the server has them, and tells what changes.
import { ignore, kNoRoom } from './errors.js';
import { makeTimer } from './timer.js';
import { kAudienceMs, kRefreshMs } from './times.js';

const kPusherFields = ['userID', 'userName', 'userAvatar', 'accelerateURL'];

const isSame = (one, other, fields) => JSON.stringify(one, fields) === JSON.stringify(other, fields);
const find = (pushers, { userID }) => pushers.find((pusher) => pusher.userID === userID);

export const without = (pushers, userID) => pushers.filter((pusher) => pusher.userID !== userID);

/** @param room  offers `_emit`, `_messages`, `_call`, `_exists`, `_end`, `_onDeleted`, `_isUnheard` and its properties
 * @param client  offers `connection` */
export function makeFollower(room, platform, client) {
  const refresh = makeTimer(platform);
  const counting = makeTimer(platform);

  const set = (property, value, event = property) => {
    if (isSame(value, room[property])) return;
    room[property] = value;
    room._emit(event, value);
  };

  /** Not after a listener has left the room. */
  const tell = (...change) => { if (!room.isClosed) set(...change); };

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

  const count = () => ignore(room.audience());

  return {
    set,

    /** @param snapshot  of the channel, or a reply of the room API, which may have a part of it */
    onSnapshot({ roomInfo, roomCreator, mixedPlayURL, custom, audienceCount, pushers }) {
      if (room.isClosed) return;
      // Text in replies, an object in the channel.
      const fields = typeof custom === 'string' ? JSON.parse(custom) : custom;
      if (pushers) Object.assign(room, { roomInfo, roomCreator, mixedPlayURL });
      if (fields) tell('fields', fields);
      if (audienceCount !== undefined) tell('audienceCount', audienceCount, 'audience');
      if (pushers) setPushers(pushers);
    },

    onEvent({ message, pusher_added: added, pusher_updated: updated, pusher_deleted: deleted, custom_changed: change,
      audience_added: viewer, audience_deleted: formerViewer }) {
      const pusher = added || updated;
      if (message) room._messages.add(message);
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
      if (change) {
        const { field, value } = change;
        tell('fields', field === undefined ? value || {} : { ...room.fields, [field]: value });
      }
      // The server counts: a viewer that registers again is one viewer.
      if ((viewer || formerViewer) && !counting.isRunning) counting.start(kAudienceMs, count);
    },

    onConnection() {
      refresh.stop();
      if ((client.connection !== 'none' && !room._isUnheard) || room.isClosed) return;
      refresh.start(kRefreshMs, async () => {
        // A room that waits for its first pusher is not to be seen.
        await room._exists().catch(({ name }) => { if (name === kNoRoom && room.pushers.length) room._end('gone'); });
        if (room.kind === 'live' && !room.isClosed) await count();
        this.onConnection();
      });
    },

    stop() {
      refresh.stop();
      counting.stop();
    },
  };
}
