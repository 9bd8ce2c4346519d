// Where in the console one is, as the part of the address behind `#`.

export const kKinds = /** @type {const} */ (['double', 'multi', 'live', 'webrtc']);

/**
 * @typedef {'double'|'multi'|'live'|'webrtc'} RoomKind
 * @typedef {{page: 'rooms', kind: RoomKind|'', q: string}} RoomsRoute
 * @typedef {{page: 'room', kind: RoomKind, roomID: string}} RoomRoute
 * @typedef {RoomsRoute | RoomRoute | {page: 'server'} | {page: 'try'}} Route
 */

// Of UTF-8: the server refuses a longer search.
const kMostSearchBytes = 200;

/**
 * As much of what is searched for as a search may have.
 * @param {string} text
 */
export const searchable = (text) => text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(kMostSearchBytes)).read);

/**
 * @param {string} text
 * @returns {text is RoomKind}
 */
const isKind = (text) => /** @type {readonly string[]} */ (kKinds).includes(text);

/**
 * What an address asks for; all rooms when it makes no sense.
 * @param {string} hash  with its `#`
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page, first = '', second = ''] = path.split('/');
  if (page === 'server' || page === 'try') return { page };
  if (page === 'room' && isKind(first)) {
    const roomID = decoded(second);
    if (roomID) return { page, kind: first, roomID };
  }
  const asked = new URLSearchParams(query);
  const kind = asked.get('kind') ?? '';
  return { page: 'rooms', kind: isKind(kind) ? kind : '', q: searchable(asked.get('q') ?? '') };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/**
 * The address of a route, with its `#`.
 * @param {Route} route
 */
export function hashOf(route) {
  if (route.page === 'room') return `#/room/${route.kind}/${encodeURIComponent(route.roomID)}`;
  if (route.page !== 'rooms') return `#/${route.page}`;
  const asked = new URLSearchParams();
  if (route.kind) asked.set('kind', route.kind);
  if (route.q) asked.set('q', route.q);
  return asked.size > 0 ? `#/rooms?${asked}` : '#/rooms';
}

/**
 * Takes the operator's token out of an address that was opened as a link.
 * @param {string} hash
 * @returns {string|null}
 */
export function tokenIn(hash) {
  return hash.startsWith('#token=') ? decoded(hash.slice('#token='.length)) || null : null;
}
