// How long what takes or waits, in milliseconds.

export const kFirstBeatMs = 3000; // after the seat is taken
export const kBeatMs = 7000;
export const kSteadyMs = 10000; // a stream that ran so long was no failure
export const kRefreshMs = 10000; // of a room of which the message channel does not tell
export const kAudienceMs = 1000; // for which changes of viewers are gathered

export const kPingMs = 25000;
export const kSilenceMs = 10000; // of a socket, while a reply is awaited
export const kRequestMs = 20000;
export const kOpenMs = 4000; // for a socket to connect: proxies swallow some, and a room waits meanwhile
export const kFramesMs = 1000; // in which so many frames are sent as the server takes
export const kPollMs = 60000; // until the socket is tried again, for each that failed in a row
export const kOutMs = 1000; // for a try to connect, before a call that succeeds begins another
export const kHoldMs = 45000; // of one poll, by the server
