// Shows what the message channel pushes to a listener, too.

const kWord = '"web_ended"';

/** @param platform  is left as it is
 * @param onPush  called with each push that may tell of sessions of media, after the library has taken it
 * @returns the same environment, whose sockets and polls are watched */
export function watchPushes(platform, onPush) {
  const readLines = (text) => {
    if (!text.includes(kWord)) return; // nearly always
    try {
      text.split('\n').filter((line) => line.includes(kWord)).forEach((line) => onPush(JSON.parse(line)));
    } catch (error) { /* the channel says that it is no server of this protocol */ }
  };

  return {
    ...platform,

    openSocket(url, protocol, listener) {
      return platform.openSocket(url, protocol, { ...listener, onMessage(text) {
        listener.onMessage(text);
        readLines(text);
      } });
    },

    request(request) {
      const { reply, abort } = platform.request(request);
      if (request.url.endsWith('/channel/poll')) {
        reply.then(({ data }) => data.pushes.forEach(onPush)).catch(() => {}); // the channel looks at failures
      }
      return { reply, abort };
    },
  };
}
