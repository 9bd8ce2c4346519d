// The console: login state, and the current page.
import { App } from './app.js';
import { ChannelPage } from './channel_page.js';
import { closeQuestion } from './confirm_dialog.js';
import { toast } from './dom.js';
import { applyLanguage, chosenLanguage, switchLanguage } from './language.js';
import { LoginPage } from './login_page.js';
import { NodesPage } from './nodes_page.js';
import { RoomPage } from './room_page.js';
import { RoomsPage } from './rooms_page.js';
import { parseRoute, tokenIn } from './routes.js';
import { ServerPage } from './server_page.js';
import { Shell } from './shell.js';
import { text } from './texts.js';
import { applyTheme } from './theme.js';
import { TryPage } from './try_page.js';

/** @typedef {{element: HTMLElement, stop: () => void}} Page */

const kTokenKey = 'rtcroomd.token';
/** @type {Record<import('./routes.js').Route['page'], import('./texts.js').TextKey>} */
const kTitles = {
  rooms: 'page.rooms',
  room: 'page.room',
  channel: 'page.channel',
  server: 'page.server',
  nodes: 'page.nodes',
  try: 'page.try',
};

/** @type {{app: App, shell: Shell, page: Page|null}|null} */
let session = null;

/** @param {HTMLElement} element */
function fillWindow(element) {
  document.getElementById('app')?.replaceChildren(element);
}

/**
 * @param {App} app
 * @param {import('./routes.js').Route} route
 * @returns {Page}
 */
function pageOf(app, route) {
  switch (route.page) {
    case 'room': return new RoomPage(app, route);
    case 'channel': return new ChannelPage(app, route);
    case 'server': return new ServerPage(app);
    case 'nodes': return new NodesPage(app);
    case 'try': return new TryPage(app);
    default: return new RoomsPage(app, route);
  }
}

/** @param {string} name */
function setTitle(name) {
  document.title = `${name} · rtcroomd`;
}

function showRoute() {
  if (!session) return;
  const route = parseRoute(location.hash);
  setTitle(text(kTitles[route.page]));
  if (route.page === 'rooms' && session.page instanceof RoomsPage) {
    session.page.change(route);
    return;
  }
  if (route.page === 'channel' && session.page instanceof ChannelPage) {
    session.page.change(route);
    return;
  }
  const cameFromPage = session.page !== null;
  session.page?.stop();
  session.page = pageOf(session.app, route);
  session.shell.show(session.page.element, route.page === 'room' ? 'rooms' : route.page);
  if (cameFromPage) session.shell.focusContent();
}

/** @param {string} problem */
function logOut(problem) {
  sessionStorage.removeItem(kTokenKey);
  session?.page?.stop();
  session?.shell.stop();
  session?.app.stop();
  session = null;
  closeQuestion();
  showLogin(problem);
}

/** @param {string} problem */
function showLogin(problem) {
  const login = new LoginPage(problem, logIn, changeLanguage);
  setTitle(text('login.title'));
  fillWindow(login.element);
  login.focus();
}

/** @param {string} token */
function logIn(token) {
  sessionStorage.setItem(kTokenKey, token);
  const app = new App(token, () => {
    if (session?.app === app) logOut(text('login.expired'));
  });
  showShell(app);
  app.start();
}

/** @param {App} app */
function showShell(app) {
  const shell = new Shell(app, () => {
    logOut('');
    toast(text('login.out'));
  }, changeLanguage);
  session = { app, shell, page: null };
  fillWindow(shell.element);
  showRoute();
}

/** Builds what is shown again; the session, its charts and its phones stay. */
function changeLanguage() {
  switchLanguage();
  nameSkipLink();
  session?.page?.stop();
  session?.shell.stop();
  if (session) showShell(session.app);
  else showLogin('');
  /** @type {HTMLElement|null} */ (document.querySelector('.language'))?.focus();
}

function nameSkipLink() {
  /** @type {HTMLElement} */ (document.querySelector('.skip')).textContent = text('skip');
}

/** Removes the token from the URL at once, so that it is in no history and no screenshot. */
function takeTokenFromAddress() {
  const token = tokenIn(location.hash);
  if (token === null) return null;
  history.replaceState(null, '', `${location.pathname}${location.search}#/rooms`);
  return token;
}

applyTheme();
applyLanguage(chosenLanguage());
nameSkipLink();
addEventListener('hashchange', () => {
  const token = takeTokenFromAddress();
  if (token !== null) logOut('');
  if (token !== null) logIn(token);
  else showRoute();
});
const token = takeTokenFromAddress() ?? sessionStorage.getItem(kTokenKey);
if (token) logIn(token);
else logOut('');
