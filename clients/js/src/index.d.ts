import type { Gen2ListedLiveRoom, Gen2ListedRoom, Pusher, Viewers } from './wire.js';

/** `double`: two pushers. `multi`: four. `live`: four, and viewers and custom fields. */
export type Kind = 'double' | 'multi' | 'live';

/** A member with a seat, and where its stream is played. */
export type { Pusher };

/** A room in a list, with its custom fields and the number of free seats, which older servers do not tell. Those of live
 * rooms have the number of viewers, too. */
export type ListedRoom = Omit<Gen2ListedRoom, 'custom' | 'customInfo'>
  & Partial<Pick<Gen2ListedLiveRoom, 'audienceCount'>> & { fields: Record<string, FieldValue> };

/** A registered viewer of a live room. */
export type Viewer = Viewers['audiences'][number];

/** A value of a custom field of a live room. */
export type FieldValue = string | number | boolean;

export type ErrorName =
  | 'BAD_REQUEST' // a field is wrong: `detail` says which
  | 'NO_ROOM' // no such room, or it has ended
  | 'ROOM_EXISTS' // the ID is taken
  | 'ROOM_FULL' // all seats are taken
  | 'NOT_MEMBER' // no longer in the room
  | 'NOT_CREATOR' // only the creator may
  | 'NOT_ALLOWED' // banned, or only for pushers
  | 'NOT_AUTHORISED' // the login was refused, or has ended and cannot be renewed
  | 'OTHER_LOGIN' // the user has logged in elsewhere
  | 'RATE_LIMITED' // too many messages
  | 'TOO_LONG' // the text
  | 'UNAVAILABLE' // the server, or a service behind it, fails
  | 'NETWORK' // no answer
  | 'NO_CHANNEL' // the server has no message channel
  | 'CLOSED'; // the room or the client was closed meanwhile

export class RtcRoomError extends Error {
  readonly name: ErrorName;
  /** The server's number, 0 for errors found here. */
  readonly code: number;
  /** For logs and developers, in English. */
  readonly detail: string;
  /** Whether the same call may succeed a little later. */
  readonly isTemporary: boolean;
}

/** A message of a room. */
export interface Message {
  seq: number;
  /** Milliseconds since 1970. */
  time: number;
  from: string;
  nick: string;
  avatar: string;
  type: 'text' | 'custom';
  body: string;
  /** Of a command: its name. */
  cmd?: string;
}

/** A message to this user alone. */
export interface DirectMessage {
  position: number;
  time: number;
  from: string;
  to: string;
  nick: string;
  avatar: string;
  type: 'text' | 'custom';
  body: string;
  cmd?: string;
}

export interface PusherChange {
  /** All pushers now, in the order in which they joined. */
  pushers: Pusher[];
  added: Pusher[];
  removed: Pusher[];
  /** Those with another stream, name or picture. */
  updated: Pusher[];
}

export type CloseReason =
  | 'destroyed' // by its creator
  | 'creator_left'
  | 'last_left'
  | 'idle' // nobody took a seat in time
  | 'dismissed' // by an operator, or by the media service
  | 'gone' // it ended while this client was away
  | 'full' // this user was evicted, and another has taken the seat
  | 'kicked' // this user, by an operator
  | 'banned'
  | 'other_login' // the user has logged in elsewhere
  | 'login_expired';

/** `connected`: all is well. `connecting`: cut off, trying again. `polling`: works, without a socket. `none`: the server
 * has no message channel; pushers are asked for every 10 s, and there are no messages. `closed`: not logged in. */
export type ConnectionState = 'connecting' | 'connected' | 'polling' | 'none' | 'closed';

export interface ClientOptions {
  /** The server's address, such as `https://rooms.example.com`. */
  server: string;
  /** Before the paths of the room API; `/weapp` if absent. */
  prefix?: string;
  /** Address of the message channel, if it is not the server's. `false`: do not use it. */
  channel?: string | false;
  /** Node before version 22 has none: `import { WebSocket } from 'ws'`. */
  WebSocket?: unknown;
  /** Where a page keeps its user: `sessionStorage` if absent, so that a tab is a user; or `localStorage`, or `null`. */
  storage?: { getItem(key: string): string | null; setItem(key: string, value: string): void } | null;
  /** Whether a page that is closed leaves its rooms at once; `true` if absent. A browser does not tell that from a page
   * that is loaded again. So the creator, and whoever is alone in a room, keep their seats for `rejoin`, until their
   * heartbeats are missed; with `'always'` they leave, too. */
  leaveOnClose?: boolean | 'always';
  /** Replaces the parts of the environment that tests control. */
  platform?: Partial<Platform>;
}

export interface Credentials {
  userID: string | number;
  /** The ticket that your own server has signed. */
  userSig: string;
  sdkAppID: number;
  /** `0` if absent. */
  accountType?: string;
}

export interface Profile {
  userName?: string;
  userAvatar?: string;
}

export interface SeatOptions extends Profile {
  /** `false`: take the seat without a stream. Otherwise the seat is taken when the stream runs. */
  stream?: boolean;
}

export interface NewRoomOptions extends SeatOptions {
  /** Letters, digits, `_`, `-`; at most 48. A random one if absent. */
  roomID?: string | number;
  /** Your own text, at most 1,024 bytes, such as a title. */
  roomInfo?: string;
}

export interface ClientEvents {
  direct: DirectMessage;
  /** The user has logged in elsewhere, or the login cannot be renewed: all rooms are closed. Log in again only when the
   * user asks for it. */
  kicked: { reason: 'other_login' | 'login_expired' };
  connection: ConnectionState;
}

/** One user of one server. */
export class Client {
  constructor(options: ClientOptions);
  /** Empty before the login. */
  readonly userID: string;
  readonly connection: ConnectionState;
  /** The rooms that this client is in. */
  readonly rooms: Room[];
  /** Logs in: with your own credentials, or as the user of this phone or tab. A function is asked again when its ticket
   * has ended. The same user logs in once: the second call has the outcome of the first. */
  login(credentials?: Credentials | (() => Credentials | Promise<Credentials>)): Promise<string>;
  /** Leaves all rooms, and ends the login; one under way fails with `CLOSED`. */
  logout(): Promise<void>;
  /** The same, and the end of the client: nothing of it stays in the program. */
  close(): Promise<void>;
  /** In a page that was loaded again: enters the rooms that it was in, where they still exist and have a seat. */
  rejoin(): Promise<Room[]>;
  /** Rooms that others may join, oldest first. */
  listRooms(kind: Kind, page?: { index?: number; count?: number }): Promise<ListedRoom[]>;
  /** The first 200 of these rooms, told now and whenever they change; each time all of them. Seats and ends are told
   * within about a second, viewers and custom fields within ten; all of it within ten where there is no socket. Returns a
   * function that stops it. */
  watchRooms(kind: Kind, listener: (rooms: ListedRoom[]) => void): () => void;
  /** Makes a room. It can be seen by others once this user has its seat. */
  createRoom(kind: Kind, options?: NewRoomOptions): Promise<Room>;
  /** Enters a room as a pusher. Fails with `NO_ROOM` when there is none. */
  joinRoom(kind: Kind, roomID: string | number, options?: SeatOptions): Promise<Room>;
  /** Enters a live room as a viewer. `userInfo` is your own text. When the list of viewers is full, this one is not in
   * it, and watches all the same. */
  watchRoom(roomID: string | number, options?: Profile & { userInfo?: string }): Promise<Room>;
  /** Sends to one user, who gets it within the hour, once online. */
  sendDirect(to: string | number, body: string, options?: { cmd?: string }): Promise<{ time: number }>;
  /** Messages with one user, oldest first. `before`: the `position` of the oldest that is known. */
  history(peer: string | number, page?: { before?: number; limit?: number }): Promise<{ messages: DirectMessage[]; complete: boolean }>;
  /** Returns a function that removes the listener. An unknown event fails with `BAD_REQUEST`. */
  on<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void;
  /** The same, for the next event only. */
  once<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void;
  off<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): void;
}

export interface RoomEvents {
  pushers: PusherChange;
  /** Once each, in the order of `seq`. Those of a short cut come after it. */
  message: Message;
  /** The messages from one `seq` to another are not told. From 1: the numbers have begun anew, as the server was
   * restored from a backup or the room is another one. */
  gap: { from: number; to: number };
  /** A live room's custom fields have changed. */
  fields: Record<string, FieldValue>;
  /** Another number of viewers. */
  audience: number;
  /** Send the stream to this URL from now on; `''`: stop it. */
  pushURL: string;
  /** This user was evicted, as its heartbeats did not arrive in time, and returns by itself. */
  evicted: Record<string, never>;
  /** The room is over for this user: stop the stream, leave the page. Not after the own `leave` or `destroy`. */
  closed: { reason: CloseReason };
}

/** A room that this user is in. Its properties are kept up to date; as JSON it is these properties. */
export class Room {
  /** Rooms are made by `createRoom`, `joinRoom` and `watchRoom`. */
  private constructor();
  readonly kind: Kind;
  readonly roomID: string;
  readonly roomInfo: string;
  /** The user who may end the room. */
  readonly roomCreator: string;
  /** In the order in which they joined. */
  readonly pushers: Pusher[];
  /** All pushers but this user: those to play. */
  readonly others: Pusher[];
  /** Whether this user has a seat. */
  readonly hasSeat: boolean;
  /** Where this user sends its stream; empty for viewers and without a stream. */
  readonly pushURL: string;
  /** Where viewers of a live room play it. */
  readonly mixedPlayURL: string;
  readonly audienceCount: number;
  readonly fields: Record<string, FieldValue>;
  readonly isClosed: boolean;

  /** Give every state of `<live-pusher>` to it (`event.detail.code`): the seat is taken when the stream runs, and the
   * stream is started again with a new URL when it broke. */
  pusherState(code: number): void;
  /** The same for another encoder: the stream runs. */
  streamStarted(): Promise<void>;
  /** The same for another encoder: the stream broke. A new `pushURL` follows; at once, or after a pause that grows while
   * streams break soon. */
  streamBroken(): Promise<void>;

  /** A viewer becomes a pusher; a pusher keeps its seat. */
  takeSeat(options?: SeatOptions): Promise<void>;
  /** Back to a viewer. The creator of a live room ends it by that. */
  giveUpSeat(): Promise<void>;
  leave(): Promise<void>;
  /** Ends the room for all; for its creator. */
  destroy(): Promise<void>;

  sendText(text: string): Promise<{ seq: number; time: number }>;
  /** A message that is no text; `cmd` names it, at most 64 bytes. */
  sendCustom(body: string, cmd?: string): Promise<{ seq: number; time: number }>;
  /** Messages of the room, oldest first. `before`, `after`: a `seq`. */
  history(page?: { before?: number; after?: number; limit?: number }): Promise<{ messages: Message[]; complete: boolean }>;
  /** Who is connected to the room's messages. */
  presence(): Promise<{ users: string[]; count: number }>;

  /** A live room's counter, such as `likes`. Resolves with its value. */
  increment(field: string): Promise<number>;
  decrement(field: string): Promise<number>;
  /** For pushers, unless the operator lets everybody. */
  setField(field: string, value: FieldValue): Promise<void>;
  audience(): Promise<Viewer[]>;
  /** Asks for one picture of several streams; `params` as the media service documents them. */
  mergeStream(params: object): Promise<object>;

  /** Returns a function that removes the listener. An unknown event fails with `BAD_REQUEST`. */
  on<E extends keyof RoomEvents>(event: E, listener: (value: RoomEvents[E]) => void): () => void;
  /** The same, for the next event only. */
  once<E extends keyof RoomEvents>(event: E, listener: (value: RoomEvents[E]) => void): () => void;
  off<E extends keyof RoomEvents>(event: E, listener: (value: RoomEvents[E]) => void): void;
}

/** What the library needs of its environment; found by itself in mini-programs, browsers and Node. */
export interface Platform {
  /** Milliseconds since any moment; never set back or forward. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** Returns a function that stops the timer. */
  setTimer(ms: number, listener: () => void): () => void;
  /** A GET without a body, otherwise a POST. The reply fails when there is none; what is not JSON may be any `data`. */
  request(request: { url: string; body?: object; waitMs?: number }): {
    reply: Promise<{ status: number; data: unknown }>;
    abort(): void;
  };
  openSocket(
    url: string,
    protocol: string,
    listener: { onOpen(): void; onMessage(data: string): void; onClose(code: number): void },
  ): { send(data: string): void; close(): void };
  hasSockets: boolean;
  /** The program is shown again or the network is back; the network is gone. Returns a function that ends both. */
  onShow(onShow: () => void, onOffline: () => void): () => void;
  load(key: string): unknown;
  save(key: string, value: unknown): void;
  /** A code by which the server recognises the user; empty where there is none. */
  loginCode(): Promise<string>;
}

export function wxPlatform(wx: unknown): Platform;
export function webPlatform(options?: Pick<ClientOptions, 'WebSocket' | 'storage'>): Platform;
