// A pusher's seat: taken when its stream runs, kept by heartbeats, taken again after an eviction.
import { pause, pauseMs } from './backoff.js';
import { fail, ignore, kNoRoom, kNotAllowed, kNotMember } from './errors.js';
import { makeTimer } from './timer.js';
import { kBeatMs, kFirstBeatMs, kSteadyMs } from './times.js';

// Other reasons are for good.
const kEvictions = [undefined, 'heartbeat_timeout', 'stream_interrupted', 'left'];

/** @param room  offers `_call`, `_exists`, `_follower`, `_listen`, `_names`, `_isViewer`, `_emit`, `_end`
 * @param isNew  whether the room waits for this pusher, its first */
export function makeSeat(room, platform, isNew) {
  let isWanted = false;
  let isTaken = false;
  let hasStream = false;
  let enteredURL; // which the server knows
  let stay = null; // that the server has named; nothing before it is asked for a seat
  /** @type {number | undefined} */
  let ranAt; // when the stream began to run; nothing since it broke
  let beatAt; // the newest heartbeat
  let breaks = 0; // in a row, without a steady stream between them
  let renewing; // after a break
  let turn = Promise.resolve(); // the newest of what takes and gives up the seat, which runs one after the other
  const beats = makeTimer(platform);
  const retries = makeTimer(platform);

  const inTurn = (task) => {
    const done = turn.then(task);
    turn = ignore(done);
    return done;
  };

  const setPushURL = (url) => room._follower.set('pushURL', url);

  /** Each URL is for one stream, and the server signs only those that it has given out. */
  const renewPushURL = async () => {
    const pushURL = await room._call('get_push_url', {}, (reply) => reply.pushURL.trim());
    renewing = undefined; // a listener may tell at once that this stream broke, too
    if (isWanted) setPushURL(pushURL);
  };

  /** At once, and after growing pauses while streams break soon: a media server may refuse them all. */
  const renewBroken = async () => {
    const { pushURL } = room;
    if (platform.now() - ranAt > kSteadyMs) breaks = 0;
    ranAt = undefined;
    try {
      if (breaks) await pause(breaks, platform);
      // Meanwhile it may run again, or be another one.
      if (ranAt >= 0 || !pushURL || room.pushURL !== pushURL) return;
      ++breaks;
      await renewPushURL();
    } finally {
      renewing = undefined;
    }
  };

  /** Asks whether the seat is still this user's, and returns to it after an eviction. */
  const keep = async (tries) => {
    const mine = stay;
    await room._call('pusher_heartbeat', {}, undefined, tries)
      .then(() => { room._listen(); }, (error) => onLost(error, mine));
  };

  const onLost = (error, asked) => {
    if (error.name !== kNotMember) throw error;
    // A heartbeat never restores a seat, and an old one says nothing of the next.
    if (!isTaken || asked !== stay) return;
    if (!kEvictions.includes(error._reason)) {
      room._end(error._reason);
      return;
    }
    isTaken = false;
    beats.stop();
    setPushURL('');
    room._emit('evicted', {});
    persist(returnAfterEviction);
  };

  const enter = async () => {
    // Without a URL it is a late report of a stream that was to stop.
    const isDone = () => (hasStream && !room.pushURL) || (isTaken && room.pushURL === enteredURL);
    if (!isWanted) fail('CLOSED', 'the seat is given up');
    if (isDone()) return;
    // add_pusher would take a seat again from which this user was kicked.
    if (isTaken) await keep();
    if (isDone()) return;
    const { pushURL, roomInfo } = room;
    try {
      // add_pusher would make a room that has ended anew, with this user alone in it.
      if (!isNew && !isTaken) await room._exists();
      stay = undefined;
      ({ stay } = await room._call('add_pusher', { ...room._names, pushURL, roomInfo }));
    } catch (error) {
      lose(error);
      throw error;
    }
    isNew = false;
    if (!isWanted) return; // given up meanwhile: `giveUp` deletes it
    isTaken = true;
    // With a stream the channel tells, as only it knows where that is played.
    if (!pushURL) room._follower.onEvent({ pusher_added: { userID: room._userID, ...room._names, accelerateURL: '' } });
    enteredURL = pushURL;
    beats.start(kFirstBeatMs, seat.sendBeat);
  };

  const lose = ({ name, isTemporary }) => {
    if (!isWanted || isTemporary) return;
    const full = !room._isViewer && 'full';
    const reason = { [kNoRoom]: 'gone', ROOM_EXISTS: 'gone', [kNotAllowed]: 'banned', ROOM_FULL: full }[name];
    if (reason) room._end(reason);
    else seat.stop();
  };

  const returnAfterEviction = async () => {
    await room._exists();
    if (isWanted) await seat.take(hasStream);
  };

  /** Tries until it succeeds, or the seat is lost for good. */
  const persist = async (task, tried = 1) => {
    retries.stop();
    try {
      await task();
    } catch (error) {
      lose(error);
      if (isWanted && error.isTemporary) retries.start(pauseMs(tried, platform), () => persist(task, tried + 1));
    }
  };

  const seat = {
    get isTaken() { return isTaken; },

    get stay() { return stay; },

    async take(withStream) {
      isWanted = true;
      hasStream = withStream;
      if (withStream) {
        await renewPushURL();
      } else {
        setPushURL('');
        await seat.onStream();
      }
    },

    async giveUp() {
      seat.stop();
      // A request under way may still take it.
      await inTurn(async () => {
        isTaken = false;
        if (isNew) await ignore(room._call('destroy_room'));
        else if (stay !== null) await ignore(room._call('delete_pusher', { stay }), kNotMember);
        stay = null;
      });
    },

    /** The room is over, or the seat is given up. */
    stop() {
      isWanted = isTaken = false;
      beats.stop();
      retries.stop();
      setPushURL('');
    },

    /** The stream runs: now the others can play it. */
    onStream() {
      ranAt = platform.now();
      return inTurn(enter).then(() => room._listen());
    },

    onStreamBroken() {
      return (renewing ??= renewBroken());
    },

    /** The same for a program that does not look at the outcome. */
    report(isRunning) { persist(isRunning ? seat.onStream : seat.onStreamBroken); },

    /** At once when the program is shown again: its timers had stopped.
     * @param ifOlderMs  of the heartbeat before: a younger one is enough */
    sendBeat(ifOlderMs) {
      const now = platform.now();
      if (!isTaken || now - beatAt < ifOlderMs) return;
      beatAt = now;
      beats.start(kBeatMs, seat.sendBeat); // on schedule, whatever becomes of this one
      ignore(keep(1));
    },
  };
  return seat;
}
