// Latin words in a Chinese text.

/** Names and codes that Chinese texts share with English ones. */
const kNames = ['rtcroomd', 'English', 'API', 'HTTP', 'ID', 'HLS', 'IM', 'RTMP', 'SDK', 'TLS', 'TRTC', 'WebSocket', 'WebRTC', 'gen-1', 'gen-2',
  'kbit/s', 'ms', 'Alice', 'Bob'];

/**
 * The Latin words that are neither a name nor a code.
 * @param {string} text
 */
export const latinWords = (text) => (text.match(/\p{Script=Latin}[\p{Script=Latin}\d._/-]*/gu) ?? [])
  .map((word) => word.replace(/[./-]+$/, '')).filter((word) => !kNames.includes(word));
