// A page that enters rooms of rtcroomd: members, cameras, chat, likes, and the streams that a browser can play.
import { Client } from './rtcroom/web.js'; // with npm: from 'rtcroom/web'
import { Camera } from './camera.js';
import { hasText, show, switchLanguage, translatePage, userText } from './language.js';
import { recall, remember } from './memory.js';
import { makeDot, watchQuality } from './quality.js';
import { Player } from './streams.js';

const kHistory = 50; // messages that were sent before
const kSeats = { double: 2, multi: 4 }; // of servers that do not tell how many are free; live rooms have viewers besides
const kPassing = ['error.NO_ROUTE', 'error.NETWORK', 'error.UNAVAILABLE']; // while the library tries again
const kLikes = 'likes'; // a custom field of live rooms; its name is ours to choose

const byId = (id) => document.getElementById(id);
const kindNow = () => document.querySelector('input[name=kind]:checked').value;

// `rtcroomd serve --dev` answers settings.json with its own addresses, and serves this page itself.
const settings = await (await fetch('settings.json')).json();
const client = new Client({ server: settings.server ?? location.origin, prefix: settings.prefix });

let room = null; // the one that this page shows
let stopList = () => {};
let turn = 0; // counts what the user has chosen to enter
let isViewer = false; // whether this user may watch it, too
let tiles = new Map(); // by user ID
let hasWebRtc = false; // whether the server has sessions for browsers
const mixed = new Player();
const camera = new Camera(attempt, (problem) => {
  if (problem || kPassing.includes(byId('notice').dataset.text)) notify(hasText(`error.${problem}`) && `error.${problem}`);
  if (room?.isClosed === false) rememberCamera();
  if (room) showPushers();
});

// ---- Around everything

/** Does something for the user, and says in words why it failed. */
async function attempt(button, work) {
  notify('');
  if (button) button.disabled = true; // a second click would ask twice
  try {
    await work();
  } catch (error) {
    const key = `error.${error.name}`;
    notify(hasText(key) ? key : 'error.other');
    if (!hasText(key)) console.warn(error);
  } finally {
    if (button) button.disabled = false;
  }
}

function rememberCamera() { remember('sessionStorage', 'rtcroom camera', camera.isOn ? 'on' : ''); }

function notify(key) {
  byId('notice').hidden = !key;
  if (key) show(byId('notice'), key);
}

function showConnection() {
  byId('connection').dataset.state = client.connection;
  show(byId('connection'), `connection.${client.connection}`);
}

// ---- Lobby

/** Shows the rooms of the chosen kind, and what becomes of them, until `stopList`. */
function watchRooms() {
  stopList();
  const kind = kindNow();
  stopList = client.watchRooms(kind, (rooms) => showRooms(kind, rooms));
}

function showRooms(kind, rooms) {
  byId('noRooms').hidden = rooms.length > 0;
  const known = new Map([...byId('rooms').children].map((row) => [row.dataset.room, row]));
  byId('rooms').replaceChildren(...rooms.map((each) => {
    const id = `${kind} ${each.roomID}`;
    const row = known.get(id) ?? roomRow(id, kind, each.roomID); // kept, so that the focus stays in it
    const isFull = kind !== 'live' && (each.seats ?? kSeats[kind] - each.pushers.length) <= 0;
    const button = row.querySelector('button');
    if (isFull || button.dataset.text === 'lobby.full') button.disabled = isFull; // else it may be at work
    show(button, isFull ? 'lobby.full' : kJoin[kind]);
    row.querySelector('b').replaceChildren(userText(each.roomInfo || each.roomID));
    show(row.querySelector('small'), 'lobby.pushers', { count: each.pushers.length });
    return row;
  }));
}

const kJoin = { double: 'lobby.join', multi: 'lobby.join', live: 'lobby.watch' };

const join = (kind, roomID, profile) => (kind === 'live'
  ? client.watchRoom(roomID, profile)
  : client.joinRoom(kind, roomID, profile));

function roomRow(id, kind, roomID) {
  const row = document.createElement('li');
  row.dataset.room = id;
  const text = document.createElement('p');
  text.append(document.createElement('b'), document.createElement('small'));
  const button = document.createElement('button');
  button.className = 'quiet-button';
  button.onclick = () => enter(button, (profile) => join(kind, roomID, profile));
  row.append(text, button);
  return row;
}

/** Shows the first of the rooms, and leaves the others: all of them when the user has chosen another one meanwhile. */
async function showNewest(mine, [first, ...others]) {
  const isNewest = mine === turn;
  if (first && isNewest) showRoom(first);
  await Promise.all((isNewest ? others : [first, ...others]).map((each) => each?.leave()));
}

function enter(button, open) {
  const userName = byId('name').value.trim();
  if (!userName) {
    notify('error.needsName');
    byId('name').focus();
    return;
  }
  remember('sessionStorage', 'rtcroom name', userName);
  attempt(button, async () => {
    const mine = ++turn;
    await logIn(); // where it is not logged in
    // The camera comes later, when the user wants it.
    await showNewest(mine, [await open({ userName, stream: false })]);
  });
}

byId('create').onsubmit = (event) => {
  event.preventDefault();
  const roomInfo = byId('roomName').value.trim();
  enter(event.submitter, (profile) => client.createRoom(kindNow(), { ...profile, roomInfo }));
};

async function logIn() {
  await client.login(); // as the user of this tab, whom the library keeps
  hasWebRtc = await client.hasWebSessions().catch(() => false);
}

// ---- Address: of the room, so that a link leads to it

const addressOf = ({ kind, roomID }) => `#${kind}/${encodeURIComponent(roomID)}`;

function showAddress() {
  history.replaceState(null, '', room ? addressOf(room) : location.pathname + location.search);
}

/** Enters the room of the address, or asks for a name first. */
function follow() {
  const [, kind, encoded] = /^#(double|multi|live)\/([^%]|%[2-7][0-9A-F])+$/.test(location.hash)
    ? /^#(\w+)\/(.*)$/.exec(location.hash) : [];
  const roomID = encoded && decodeURIComponent(encoded);
  document.querySelectorAll('.invited').forEach((element) => { element.hidden = !roomID; });
  if (!roomID) return;
  document.querySelector(`[name=kind][value=${kind}]`).checked = true;
  const accept = () => enter(byId('accept'), (profile) => join(kind, roomID, profile));
  byId('accept').onclick = accept;
  if (byId('name').value) accept();
  else byId('name').focus();
}

byId('invite').onclick = async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    addLine('room.copied');
  } catch (error) { notify('error.noClipboard'); } // not of this device, and without TLS
};

addEventListener('hashchange', () => attempt(null, async () => {
  const left = room;
  ++turn;
  room = null;
  closeRoom();
  follow();
  watchRooms();
  await left?.leave();
}));

// ---- Room

function showRoom(entered) {
  room = entered;
  stopList();
  isViewer = room.kind === 'live' && room.roomCreator !== client.userID;
  byId('lobby').hidden = true;
  byId('room').hidden = false;
  byId('room').dataset.kind = room.kind;
  byId('title').replaceChildren(userText(room.roomInfo || room.roomID));
  byId('messages').replaceChildren();
  showSubtitle();
  showPushers();
  showLikes();
  showViewers();
  showAddress();
  byId('title').focus();

  room.on('pushers', ({ added, removed }) => {
    addLines('room.came', added);
    addLines('room.left', removed);
    showPushers();
  });
  room.on('message', (message) => {
    const isShown = document.querySelector(`#messages [data-seq="${message.seq}"]`); // by the history
    if (message.type === 'text' && !isShown) append(lineOf(message));
  });
  room.on('gap', ({ from }) => {
    if (from === 1) byId('messages').replaceChildren(); // the numbers may have begun anew
    addLine('room.gap');
  });
  room.on('fields', showLikes);
  room.on('audience', showViewers);
  room.on('evicted', () => addLine('room.evicted')); // the library returns by itself
  room.on('closed', ({ reason }) => {
    showLobby();
    notify(`closed.${reason}`);
  });
  showHistory(room).catch(() => {}); // some servers have no messages
}

function showLobby() {
  room = null;
  showAddress();
  follow();
  closeRoom();
  watchRooms();
}

/** Shows the lobby instead. */
function closeRoom() {
  tiles.forEach(({ player }) => player.stop());
  tiles = new Map();
  mixed.stop();
  camera.offer(null);
  byId('members').replaceChildren();
  byId('room').hidden = true;
  byId('lobby').hidden = false;
}

function showSubtitle() {
  const isWatching = room.kind === 'live' && !room.hasSeat;
  show(byId('subtitle'), isWatching ? 'room.watching' : `kind.${room.kind}`);
  byId('seat').hidden = !isViewer; // others keep their seats until they leave
  show(byId('seat'), room.hasSeat ? 'room.giveUpSeat' : 'room.takeSeat');
  camera.offer(hasWebRtc && room.hasSeat ? room : null);
}

/** Tiles stay while their member stays: a video that is moved or made anew would begin again. */
function showPushers() {
  const before = tiles;
  tiles = new Map(room.pushers.map((pusher) => [pusher.userID, before.get(pusher.userID) ?? tileOf(pusher)]));
  before.forEach(({ element, player }, userID) => {
    if (tiles.has(userID)) return;
    player.stop();
    element.remove();
  });
  for (const { userID, userName, accelerateURL } of room.pushers) {
    const { element, name, marks, player } = tiles.get(userID);
    const isOwn = userID === client.userID;
    if (!element.isConnected) byId('members').append(element);
    name.replaceChildren(userText(userName || userID));
    marks.replaceChildren(
      ...(userID === room.roomCreator ? [show(document.createElement('small'), 'room.host')] : []),
      ...(isOwn ? [show(document.createElement('small'), 'room.you')] : []));
    const picture = isOwn && camera.isOn ? camera.element : player.element;
    if (!picture.isConnected) element.querySelector('.player').replaceWith(picture);
    if (picture === camera.element) player.stop();
    else player.play(accelerateURL, settings.playlist, hasWebRtc && !isOwn && room, userID);
  }
  // Of a live room, the media service may have one picture of all streams, for viewers.
  const hasMixed = room.kind === 'live' && !room.hasSeat && /\.(m3u8|mp4)(\?|$)/.test(room.mixedPlayURL);
  byId('mixed').replaceChildren(...(hasMixed ? [mixed.element] : []));
  if (hasMixed) mixed.play(room.mixedPlayURL);
  else mixed.stop();
  showSubtitle();
}

function tileOf({ userID, userName }) {
  const element = document.createElement('li');
  const face = document.createElement('span');
  const name = document.createElement('b');
  const marks = document.createElement('span');
  const caption = document.createElement('p');
  const dot = makeDot();
  const player = new Player((problem) => notify(`error.${problem}`));
  face.className = 'face';
  face.lang = '';
  face.ariaHidden = true;
  face.textContent = [...(userName || userID)][0].toUpperCase();
  // Pictures of users are not loaded: their addresses would tell others who looks at this page.
  element.style.setProperty('--hue', [...userID].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7));
  caption.append(name, marks, dot);
  element.append(face, player.element, caption);
  return { element, name, marks, dot, player, stats: () => (userID === client.userID ? camera.stats() : player.stats()) };
}

const showLikes = () => show(byId('likes'), 'room.likes', { count: Number(room.fields[kLikes]) || 0 });
const showViewers = () => show(byId('viewers'), 'room.viewers', { count: room.audienceCount });

function addLines(key, pushers) {
  for (const { userName, userID } of pushers) {
    if (userID !== client.userID) addLine(key, { name: userName || userID }); // one knows where one is
  }
}

function addLine(key, values) {
  const line = show(document.createElement('li'), key, values);
  line.className = 'event';
  append(line);
}

/** What was said before this user came. */
async function showHistory(entered) {
  const { messages } = await entered.history({ limit: kHistory });
  if (room !== entered) return;
  const known = new Set([...byId('messages').children].map((line) => line.dataset.seq));
  byId('messages').prepend(...messages
    .filter(({ type, seq }) => type === 'text' && !known.has(`${seq}`)).map(lineOf));
  byId('log').scrollTop = byId('log').scrollHeight;
}

function lineOf({ seq, from, nick, body, time }) {
  const line = document.createElement('li');
  line.dataset.seq = seq;
  line.className = from === client.userID ? 'own' : '';
  const head = document.createElement('p');
  const text = document.createElement('p');
  text.className = 'bubble';
  text.append(userText(body));
  head.append(userText(nick || from), show(document.createElement('time'), 'room.time', { time: new Date(time) }));
  line.append(head, text);
  return line;
}

function append(line) {
  const log = byId('log');
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  byId('messages').append(line);
  if (isAtEnd) log.scrollTop = log.scrollHeight; // else the user reads what was said before
}

byId('say').onsubmit = (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (!text) return;
  attempt(null, async () => {
    byId('text').value = '';
    try {
      await room.sendText(text); // comes back as a message, like those of others
    } catch (error) {
      byId('text').value ||= text;
      throw error;
    }
  });
};

byId('like').onclick = () => attempt(null, () => room.increment(kLikes));

byId('seat').onclick = () => attempt(byId('seat'), async () => {
  if (room.hasSeat) await room.giveUpSeat();
  else await room.takeSeat({ stream: false });
  showPushers();
});

byId('leave').onclick = () => attempt(byId('leave'), async () => {
  const left = room;
  showLobby();
  await left.leave();
});

// ---- Begin

byId('language').onclick = switchLanguage;
byId('name').value = recall('sessionStorage', 'rtcroom name') ?? '';
byId('kinds').onchange = watchRooms;
show(byId('language'), 'language.other');
translatePage();
showConnection();
client.on('connection', showConnection);
client.on('kicked', ({ reason }) => {
  showConnection();
  notify(`closed.${reason}`); // joining logs in again: only the user may, else two pages would take turns
});
watchQuality(() => [...tiles.values()]);
await attempt(null, async () => {
  await logIn();
  const mine = turn;
  const again = await client.rejoin(); // where the page was loaded again
  const meant = again.find((each) => !location.hash || location.hash === addressOf(each));
  const wasOn = recall('sessionStorage', 'rtcroom camera');
  await showNewest(mine, [meant, ...again.filter((each) => each !== meant)]);
  if (room?.hasSeat && hasWebRtc && wasOn) await camera.start(room);
  if (!room && mine === turn) follow();
});
if (!room) watchRooms();
