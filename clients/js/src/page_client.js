// A client in a page that may be closed, or loaded again, at any moment.
import { Client } from './client.js';
import { ignore } from './errors.js';
import { keptIn, listen } from './platform/web.js';
import { kClient } from './session.js';

const kRooms = 'rtcroom rooms';
const tab = keptIn(() => sessionStorage);

export class PageClient extends Client {
  /**
   * @param {import('./types.js').ClientOptions} options
   * @param {import('./types.js').Platform} platform
   */
  constructor(options, platform) {
    super(options, platform);
    this._hide({ _rejoining: undefined }); // the newest `rejoin`: nothing is told before its rooms are there
    /** @type {() => void} */
    const stop = this._stop;
    const stopPage = listen(globalThis.window, 'pagehide',
      ({ persisted }) => this._onHide(persisted, options.leaveOnClose ?? true));
    this._stop = () => {
      stop();
      stopPage();
    };
  }

  /**
   * In a page that was loaded again: enters the rooms that it was in, where they still exist and have a seat.
   * @returns {Promise<import('./room.js').Room[]>}
   */
  async rejoin() {
    const { userID, rooms } = tab.load(kRooms) || {};
    if (userID !== this.userID) return [];
    tab.save(kRooms, null);
    const enter = async ({ hasSeat, options, ...facts }) => {
      const room = await this._enter(facts, options);
      if (facts.isViewer && hasSeat) await ignore(room.takeSeat(options));
      return room;
    };
    this._rejoining = Promise.all(rooms.map((room) => ignore(enter(room))));
    return (await this._rejoining).filter(Boolean);
  }

  async _tell(room) {
    await this._rejoining;
    super._tell(room);
  }

  /** No browser tells whether the page is closed or loaded again. So whoever would not get back what it has keeps its
   * seat: the creator, and who is alone, with whom the room would end. */
  _onHide(isKept, leaveOnClose) {
    const { userID, rooms } = this;
    if (!rooms.length && tab.load(kRooms)?.userID !== userID) return; // another client of the page may have some
    const isOver = !isKept && leaveOnClose; // else it may come back as it is
    // Leaves come first: Firefox may stop a listener of a tab that is closed where it saves. One that arrives late must not
    // end the stay that follows a reload.
    if (isOver) rooms.forEach(({ kind, roomID, hasSeat, others, roomCreator, _seat, _entry }) => {
      const send = (endpoint, { stay }) => navigator.sendBeacon(this._session.addressOf(`${kind}_room/${endpoint}`),
        JSON.stringify({ userID, roomID, client: kClient, stay }));
      const wouldReturn = roomCreator !== userID && others.length;
      if (hasSeat && (leaveOnClose === 'always' || wouldReturn)) send('delete_pusher', _seat);
      if (_entry) send('delete_audience', _entry);
    });
    tab.save(kRooms, { userID, rooms: rooms.map(({ kind, roomID, hasSeat, pushURL, _names, _isViewer: isViewer }) =>
      ({ kind, roomID, isViewer, hasSeat, options: { ..._names, stream: Boolean(pushURL) } })) });
  }
}
