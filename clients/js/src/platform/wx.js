// Mini-programs.
import { kCut } from '../errors.js';
import { common, kRequestTimeoutMs } from './common.js';

/** The device's clock, less what it is set back. */
function makeClock() {
  let before = 0;
  let setBack = 0;
  return () => {
    const time = Date.now();
    setBack += Math.max(0, before - time);
    before = time;
    return time + setBack;
  };
}

/**
 * @overload
 * @param {unknown} wx  the global of mini-programs
 * @returns {import('../types.js').Platform}
 */
/** @param {WechatMiniprogram.Wx} wx */
export function wxPlatform(wx) {
  return {
    ...common,
    now: makeClock(), // not every engine has a `performance` with the time
    /** The reply is rejected when there is none. */
    request({ url, body, waitMs = 0 }) {
      let task;
      const reply = new Promise((resolve, reject) => {
        task = wx.request({
          url, method: body ? 'POST' : 'GET', data: body, timeout: kRequestTimeoutMs + waitMs,
          success: ({ statusCode, data }) => resolve({ status: statusCode, data }),
          fail: ({ errMsg }) => reject(new Error(errMsg)),
        });
      });
      return { reply, abort: () => task?.abort() };
    },
    openSocket(url, protocol, { onOpen, onMessage, onClose }) {
      const socket = wx.connectSocket({ url, protocols: [protocol], fail: () => onClose(kCut) });
      socket.onOpen(onOpen);
      socket.onMessage(({ data }) => onMessage(data));
      socket.onClose(({ code }) => onClose(code));
      socket.onError(() => onClose(kCut));
      return { send: (data) => socket.send({ data }), close: () => socket.close({ code: 1000 }) };
    },
    hasSockets: true,
    onShow(onShow, onOffline) {
      const onNetwork = ({ isConnected }) => (isConnected ? onShow : onOffline)();
      const tell = (verb) => {
        wx[`${verb}AppShow`]?.(onShow); // older versions have fewer events
        wx[`${verb}NetworkStatusChange`]?.(onNetwork);
      };
      tell('on');
      return () => tell('off');
    },
    // The storage may be broken or full.
    load(key) {
      try {
        return wx.getStorageSync(key);
      } catch (error) { /* nothing, then */ }
    },
    save(key, value) {
      try {
        wx.setStorageSync(key, value);
      } catch (error) { /* a new ticket next time */ }
    },
    /** A code for one login, by which the server recognises the user. */
    loginCode: () => new Promise((resolve) => {
      wx.login({ timeout: kRequestTimeoutMs, success: ({ code }) => resolve(code), fail: () => resolve('') });
    }),
  };
}
