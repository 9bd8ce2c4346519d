// Users of today's IM SDKs, each in a process of its own.
import assert from 'node:assert';
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { until } from '../../console/support/until.js';

const kProgram = fileURLToPath(new URL('sdk_process.cjs', import.meta.url));
const require = createRequire(import.meta.url);

export class SdkUser {
  /** @type {[string, any][]} */
  events = [];
  #child;
  #calls = new Map();
  #newest = 0;
  #ended = '';

  /**
   * @param {import('../../console/support/server.js').Server} server
   * @param {{name: string, flavour?: string}} sdk  a package of tests/clients
   * @param {{userID: string, userSig: string, sdkAppID: number}} identity
   */
  constructor(server, sdk, identity) {
    this.server = server;
    this.identity = identity;
    this.userID = identity.userID;
    this.#child = fork(kProgram, [require.resolve(sdk.name), sdk.flavour ?? 'page'], { silent: true });
    this.#child.stdout.resume(); // a process whose log is not read stops
    this.#child.stderr.on('data', (bytes) => { this.#ended += bytes; });
    this.#child.on('message', (/** @type {any} */ { id, value, error, event, data }) => {
      if (event) return this.events.push([event, data]);
      const { resolve, reject } = this.#calls.get(id);
      this.#calls.delete(id);
      return error ? reject(Object.assign(new Error(error.message), { code: error.code })) : resolve(value);
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#calls.values()) reject(new Error(`the SDK's process ended: ${this.#ended.slice(-2000)}`));
    });
  }

  /**
   * @param {string} call  of the SDK, or of the program
   * @param {any[]} args
   */
  call(call, ...args) {
    this.#newest += 1;
    const id = this.#newest;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#child.send({ id, call, args });
    });
  }

  /** The option that the SDK needs. */
  get proxyServer() { return `${this.server.host.replace(/^http/, 'ws')}${this.server.settings['channel.prefix'] ?? ''}`; }

  async create() {
    await this.call('create', { SDKAppID: this.identity.sdkAppID, proxyServer: this.proxyServer });
    return this;
  }

  /** @param {{takesCalls?: boolean}} options  whether it listens for invitations to calls */
  async login({ takesCalls = false } = {}) {
    await this.create();
    if (takesCalls) await this.call('takeCalls', this.identity.sdkAppID);
    await this.call('login', { userID: this.userID, userSig: this.identity.userSig });
    await until(`${this.userID} is ready`, () => this.of('SDK_READY').length > 0);
    return this;
  }

  of(event) { return this.events.filter(([name]) => name === event).map(([, data]) => data); }

  /** All messages, tips and notices, in their order. */
  get messages() { return this.of('MESSAGE_RECEIVED').flat(); }

  texts() { return this.messages.filter(({ type }) => type === 'TIMTextElem').map(({ payload }) => payload.text); }

  say(conversationType, to, text, more = {}) {
    return this.call('send', 'createTextMessage', { to, conversationType, payload: { text }, ...more });
  }

  /** As applications write it, whichever group it is: its real type is in the server's reply. */
  join(groupID) { return this.call('joinGroup', { groupID, type: 'AVChatRoom' }); }

  kill() { this.#child.kill('SIGKILL'); }
}

/** How many messages of a conversation are unread; undefined where there is no such conversation yet. */
export async function unreadIn(user, conversationID) {
  const { conversationList } = await user.call('getConversationList');
  const found = conversationList.filter((one) => one.conversationID === conversationID);
  assert.ok(found.length <= 1, JSON.stringify(conversationList));
  return found[0]?.unreadCount;
}

/** The texts among messages. */
export const textsIn = (messages) => messages.filter(({ type }) => type === 'TIMTextElem').map(({ payload }) => payload.text);

/** All texts of a conversation, read page by page. */
export async function history(user, conversationID) {
  const texts = [];
  let page = {};
  do {
    page = await user.call('getMessageList', { conversationID, nextReqMessageID: page.nextReqMessageID });
    texts.unshift(...textsIn(page.messageList));
  } while (!page.isCompleted);
  return texts;
}
