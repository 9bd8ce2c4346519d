// A phone with a mini-program in it: a stand-in of `wx`, its own copy of clients/webim_wx/webim_wx.js, and
// what the listeners of the old libraries do with what they get.
import fs from 'node:fs';
import path from 'node:path';
import { WebSocket } from './packages.js';

export const kSource = path.join(import.meta.dirname, '..', '..', '..', 'clients', 'webim_wx', 'webim_wx.js');
const kFastSecond = 100; // milliseconds

/** The calls of WeChat that the client uses, as they are documented for mini-programs. */
export function makeWx(calls) {
  const shown = [];
  const hidden = [];
  const sockets = new Set();
  const wx = {
    connectSocket({ url, protocols }) {
      calls.push('socket');
      const socket = new WebSocket(url, protocols);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      return {
        onOpen: (listener) => socket.on('open', () => listener({})),
        onMessage: (listener) => socket.on('message', (data) => listener({ data: String(data) })),
        onError: (listener) => socket.on('error', (error) => listener({ errMsg: String(error) })),
        onClose: (listener) => socket.on('close', (code, reason) => listener({ code, reason: String(reason) })),
        send: ({ data }) => socket.send(data),
        close: ({ code }) => socket.close(code),
      };
    },
    request({ url, method, data, header, success, fail }) {
      calls.push('poll');
      const abort = new AbortController();
      fetch(url, { method, headers: header, body: JSON.stringify(data), signal: abort.signal })
        .then(async (response) => ({ statusCode: response.status, data: await response.json() }))
        .then(success, (error) => fail({ errMsg: `request:fail ${error}` }));
      return { abort: () => abort.abort() };
    },
    onAppShow: (listener) => shown.push(listener),
    onAppHide: (listener) => hidden.push(listener),
  };
  return {
    wx,
    show: () => shown.forEach((listener) => listener({})),
    hide: () => hidden.forEach((listener) => listener({})),
    /** Like WeChat after some seconds in the background: the program is not told. */
    freeze: () => sockets.forEach((socket) => {
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.terminate();
    }),
  };
}

/**
 * Shorter seconds. Timeouts that only detect a fault hold on a busy machine.
 * @param isHasty  shortens the one of a ping: without a reply there is only another connect.
 */
function hasten(source, second, isHasty) {
  return source
    .replace(/^var SECOND = \d+;/m, `var SECOND = ${second};`)
    .replace(/^(var PONG_TIMEOUT = \d+) \* SECOND;/m, `$1 * ${isHasty ? second : 1000};`)
    .replace(/^(var (?!PONG)\w+_TIMEOUT) = \d+ \* SECOND;/gm, '$1 = 60000;');
}

/** The module. */
function loadWebim(host, wx, edit) {
  const source = edit(fs.readFileSync(kSource, 'utf8')).replace(/^var HOST = .*$/m, `var HOST = '${host}';`);
  const module = { exports: {} };
  const silent = { log() {}, info() {}, warn() {}, error() {} };
  new Function('module', 'exports', 'wx', 'console', source)(module, module.exports, wx, silent);
  return module.exports;
}

export class Phone {
  calls = []; // of WeChat: 'socket', 'poll'
  messages = []; // of the room: {from, nick, text, cmd} as the libraries read them
  raw = []; // the same, and C2C messages, as Msg objects
  directs = []; // {from, text}
  notices = []; // ReportTypes
  kicked = 0;
  connections = []; // statuses
  thrown = []; // errors in the listeners

  /** @param options  `wx`: that of a test, in whose time seconds are as long as they are */
  constructor(host, userID, { second = kFastSecond, isHasty = false, kind, wx } = {}) {
    this.userID = userID;
    this.kind = kind;
    Object.assign(this, wx ? { wx } : makeWx(this.calls));
    this.webim = loadWebim(host, this.wx, (source) => (wx ? source : hasten(source, second, isHasty)));
  }

  /** @returns {Promise<object>} what the SDK gives to its first callback; rejected with the second's */
  login({ userSig = 'sig', sdkAppID = 1400000000 } = {}) {
    const guard = (listener) => (argument) => {
      try {
        listener(argument);
      } catch (error) {
        this.thrown.push(error);
        throw error;
      }
    };
    const notice = (type) => guard((notify) => {
      if (type === 255) JSON.parse(notify.UserDefinedField);
      this.notices.push(notify.ReportType);
    });
    const listeners = {
      onMsgNotify: guard((list) => { for (const i in list) this.#onDirect(list[i]); }),
      onBigGroupMsgNotify: guard((list) => {
        for (let i = list.length - 1; i >= 0; --i) this.#onRoomMessage(list[i]);
      }),
      onGroupSystemNotifys: { 5: notice(5), 11: undefined, 255: notice(255) },
      onKickedEventCall: () => { ++this.kicked; },
      onConnNotify: ({ ErrorCode }) => this.connections.push(ErrorCode),
      jsonpCallback: null,
    };
    const loginInfo = { sdkAppID, appIDAt3rd: sdkAppID, accountType: '1', identifier: this.userID,
      identifierNick: this.userID, userSig };
    return new Promise((resolve, reject) => {
      this.webim.login(loginInfo, listeners, { isAccessFormalEnv: true, isLogOn: false }, resolve, reject);
    });
  }

  #contentOf(msg) {
    JSON.stringify(msg);
    const text = msg.getElems().map((elem) => {
      const content = elem.getContent();
      return elem.getType() === this.webim.MSG_ELEMENT_TYPE.TEXT ? content.getText() : content.getData();
    }).join('');
    return this.webim.Tool.formatHtml2Text(text);
  }

  #onRoomMessage(msg) {
    this.raw.push(msg);
    const content = this.#contentOf(msg);
    if (this.kind === 'webrtc') return;
    const parts = content.split('}}');
    const command = JSON.parse(`${parts[0]}}}`);
    // Compared as the libraries do.
    const isKnown = command.cmd == 'CustomTextMsg' || command.cmd == 'CustomCmdMsg';
    this.messages.push({ from: msg.getFromAccountNick(), isSend: msg.getIsSend(), text: parts.slice(1).join('}}'),
      ...(isKnown && { nick: command.data.nickName, cmd: command.data.cmd }) });
  }

  #onDirect(msg) {
    this.raw.push(msg);
    const text = this.#contentOf(msg);
    if (this.kind === 'live' && JSON.parse(text).cmd == 'linkmic') String(JSON.parse(text).data.type);
    this.webim.c2CMsgReaded({ To_Account: msg.getFromAccount(), LastedMsgTime: msg.getTime() });
    this.directs.push({ from: msg.getFromAccount(), text });
  }

  #call(method, argument) {
    return new Promise((resolve, reject) => { this.webim[method](argument, resolve, reject); });
  }

  join(GroupId) { this.roomID = GroupId; return this.#call('applyJoinBigGroup', { GroupId }); }
  quit() { return this.#call('quitBigGroup', { GroupId: this.roomID }); }
  logout() { return new Promise((resolve) => { this.webim.logout(resolve); }); }

  #msg(type, id) {
    const { webim } = this;
    const sess = new webim.Session(type, id, id, '', Math.round(Date.now() / 1000));
    const isGroup = type === webim.SESSION_TYPE.GROUP;
    return new webim.Msg(sess, true, -1, Math.round(Math.random() * 4294967296), Math.round(Date.now() / 1000),
      this.userID, isGroup ? webim.GROUP_MSG_SUB_TYPE.COMMON : webim.C2C_MSG_SUB_TYPE.COMMON, this.userID);
  }

  /** Sends elements: {text}, {face} or {data, desc, ext}. */
  send(elems, to) {
    const { Elem } = this.webim.Msg;
    const msg = to ? this.#msg(this.webim.SESSION_TYPE.C2C, to) : this.#msg(this.webim.SESSION_TYPE.GROUP, this.roomID);
    for (const { text, face, data, desc, ext } of elems) {
      if (text !== undefined) msg.addText(new Elem.Text(text));
      else if (face !== undefined) msg.addFace(new Elem.Face(0, face));
      else msg.addCustom(new Elem.Custom(data, desc, ext));
    }
    return this.#call('sendMsg', msg);
  }

  /** As the libraries send: nick and picture are not escaped. */
  say(text, nick = this.userID) {
    return this.send([{ data: `{"cmd":"CustomTextMsg","data":{"nickName":"${nick}","headPic":"123"}}` }, { text }]);
  }

  get texts() { return this.messages.map(({ text }) => text); }
}
