// The messages of a room, once and in the order of their seq: those that were missed are read before newer ones.
import { pause } from './backoff.js';

const kPages = 10; // of 50 messages that are read after a cut; what is older is a gap

/** Nothing is told before `start`: the program listens only once it has the room.
 * @param room  offers `_emit`, `history`, `isClosed` */
export function makeMessages(room, platform) {
  const tasks = [];
  let isBusy = true;
  let newest = 0; // seq

  const deliver = (message) => {
    if (room.isClosed || message.seq <= newest) return;
    newest = message.seq;
    room._emit('message', message);
  };

  const recover = async ({ from, to, messages }) => {
    let found = messages || [];
    const before = () => found[0]?.seq ?? to + 1;
    // Without messages the numbers have begun anew, and none of before means anything.
    const first = messages ? Math.max(from, newest + 1) : from;
    for (let page = 1; messages && page <= kPages && before() > first; ++page) {
      try {
        const { messages: older } = await room.history({ before: before(), limit: 50 });
        if (!older.length) break;
        found = [...older, ...found];
      } catch (error) {
        if (!error.isTemporary) break;
        await pause(page, platform);
      }
    }
    if (room.isClosed) return;
    newest = Math.max(before(), first) - 1;
    if (!messages || newest >= first) room._emit('gap', { from: first, to: newest });
    found.forEach(deliver);
  };

  const start = async () => {
    isBusy = true;
    while (tasks.length && !room.isClosed) {
      const task = tasks.shift();
      if (task.seq) deliver(task);
      else await recover(task);
    }
    isBusy = false;
  };

  return {
    start,

    /** @param task  a message, or what is missed as in the reply to `subscribe` */
    take(task) {
      tasks.push(task);
      if (!isBusy) start();
    },
  };
}
