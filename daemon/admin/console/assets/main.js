// The console: login state, and the current page.
import { App } from './app.js';
import { ChannelPage } from './channel_page.js';
import { closeQuestion } from './confirm_dialog.js';
import { toast } from './dom.js';
import { LoginPage } from './login_page.js';
import { RoomPage } from './room_page.js';
import { RoomsPage } from './rooms_page.js';
import { parseRoute, tokenIn } from './routes.js';
import { ServerPage } from './server_page.js';
import { Shell } from './shell.js';
import { applyTheme } from './theme.js';
import { TryPage } from './try_page.js';

/** @typedef {{element: HTMLElement, stop: () => void}} Page */

const kTokenKey = 'rtcroomd.token';
const kTitles = { rooms: 'Rooms', room: 'Room', channel: 'Channel', server: 'Server', try: 'Try it' };

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
    case 'try': return new TryPage(app);
    default: return new RoomsPage(app, route);
  }
}

function showRoute() {
  if (!session) return;
  const route = parseRoute(location.hash);
  document.title = `${kTitles[route.page]} · rtcroomd`;
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
  const login = new LoginPage(problem, logIn);
  document.title = 'Log in · rtcroomd';
  fillWindow(login.element);
  login.focus();
}

/** @param {string} token */
function logIn(token) {
  sessionStorage.setItem(kTokenKey, token);
  const app = new App(token, () => {
    if (session?.app === app) logOut('The server does not take the token any more. Log in again.');
  });
  const shell = new Shell(app, () => {
    logOut('');
    toast('Logged out');
  });
  session = { app, shell, page: null };
  fillWindow(shell.element);
  app.start();
  showRoute();
}

/** Removes the token from the URL at once, so that it is in no history and no screenshot. */
function takeTokenFromAddress() {
  const token = tokenIn(location.hash);
  if (token === null) return null;
  history.replaceState(null, '', `${location.pathname}${location.search}#/rooms`);
  return token;
}

applyTheme();
addEventListener('hashchange', () => {
  const token = takeTokenFromAddress();
  if (token !== null) logOut('');
  if (token !== null) logIn(token);
  else showRoute();
});
const token = takeTokenFromAddress() ?? sessionStorage.getItem(kTokenKey);
if (token) logIn(token);
else logOut('');
