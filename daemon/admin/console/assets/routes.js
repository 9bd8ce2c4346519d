// The console's routes, in the URL fragment behind `#`.

export const kKinds = /** @type {const} */ (['double', 'multi', 'live', 'webrtc']);

/**
 * @typedef {'double'|'multi'|'live'|'webrtc'} RoomKind
 * @typedef {{page: 'rooms', kind: RoomKind|'', q: string}} RoomsRoute
 * @typedef {{page: 'room', kind: RoomKind, roomID: string}} RoomRoute
 * @typedef {{page: 'channel', q: string}} ChannelRoute
 * @typedef {RoomsRoute | RoomRoute | ChannelRoute | {page: 'server'} | {page: 'nodes'} | {page: 'try'}} Route
 */

// In UTF-8: the server refuses a longer search.
const kMostSearchBytes = 200;

/**
 * Truncates a search text to the maximum length.
 * @param {string} text
 */
export const searchable = (text) => text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(kMostSearchBytes)).read);

/**
 * @param {string} text
 * @returns {text is RoomKind}
 */
const isKind = (text) => /** @type {readonly string[]} */ (kKinds).includes(text);

/**
 * The route of a URL fragment; all rooms when it is invalid.
 * @param {string} hash  with its `#`
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page, first = '', second = ''] = path.split('/');
  if (page === 'server' || page === 'nodes' || page === 'try') return { page };
  if (page === 'room' && isKind(first)) {
    const roomID = decoded(second);
    if (roomID) return { page, kind: first, roomID };
  }
  const asked = new URLSearchParams(query);
  const q = searchable(asked.get('q') ?? '');
  if (page === 'channel') return { page, q };
  const kind = asked.get('kind') ?? '';
  return { page: 'rooms', kind: isKind(kind) ? kind : '', q };
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
 * The URL fragment of a route, with its `#`.
 * @param {Route} route
 */
export function hashOf(route) {
  if (route.page === 'room') return `#/room/${route.kind}/${encodeURIComponent(route.roomID)}`;
  if (route.page !== 'rooms' && route.page !== 'channel') return `#/${route.page}`;
  const asked = new URLSearchParams();
  if (route.page === 'rooms' && route.kind) asked.set('kind', route.kind);
  if (route.q) asked.set('q', route.q);
  return asked.size > 0 ? `#/${route.page}?${asked}` : `#/${route.page}`;
}

/**
 * Whether the address is that of the route. It is not after the user went elsewhere, until the
 * `hashchange` arrives.
 * @param {Route} route
 */
export const isAddress = (route) => hashOf(parseRoute(location.hash)) === hashOf(route);

/**
 * The admin token in the fragment of a login link.
 * @param {string} hash
 * @returns {string|null}
 */
export function tokenIn(hash) {
  return hash.startsWith('#token=') ? decoded(hash.slice('#token='.length)) || null : null;
}
