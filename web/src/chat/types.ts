// What the page knows of the chat, as plain data. `Session` changes it; the page only reads it.

export type MessageKind = "text" | "action" | "notice" | "event";
export type EventType = "join" | "part" | "quit" | "kick" | "nick" | "topic" | "mode" | "invite";

export interface Message {
  /** Of its own in its conversation, and the same whenever the message is fetched again. */
  key: string;
  /** The server's id; null if it gave none. */
  id: string | null;
  /** Milliseconds since 1970, by the server's clock. */
  time: number;
  kind: MessageKind;
  sender: string;
  /** What was said; of an event, what belongs to it: a new nick, a topic, a reason. */
  text: string;
  /** The id of the message that this one answers. */
  replyTo: string | null;
  event: EventType | null;
  /** Of an event, whom it befell, if not its sender. */
  subject: string | null;
  isOwn: boolean;
  isMention: boolean;
  /** Of an event: what it has in common with the same one out of the history, of which only one may have an id. */
  twin: string | null;
}

/** A place in a history, as a server can be told of it: an id, or a time in milliseconds since 1970 where there is none. */
export interface Mark {
  id: string | null;
  time: number;
}

/** A message of our own that the server has not confirmed. */
export interface Pending {
  key: string;
  label: string;
  target: string;
  nick: string;
  kind: "text" | "action";
  text: string;
  replyTo: string | null;
  /** When it was written, by our clock. */
  time: number;
  /** waiting: not sent yet. sent: on its way. doubtful: sent on a connection that broke. failed: refused. */
  status: "waiting" | "sent" | "doubtful" | "failed";
  /** Why it failed. */
  reason: Words | null;
}

export interface Member {
  nick: string;
  /** Signs of the roles, the highest first: "@", "+", "@+" or "". */
  roles: string;
  isAway: boolean;
  realName: string;
  /** user@host, as far as it is known. */
  address: string;
}

/** Who somebody is, as the server told. */
export interface Profile {
  nick: string;
  /** asked: the answer is on its way. unknown: there is nobody of that name. */
  status: "asked" | "known" | "unknown";
  realName: string;
  /** user@host */
  address: string;
  account: string;
  /** Why they are away; null if they are not. */
  away: string | null;
  /** Rooms that we may know of, with signs of the roles before them. */
  rooms: string[];
  /** For how long they have said nothing, at the time `asked`. */
  idle_s: number | null;
  /** Since when they are connected, and when that was asked: milliseconds since 1970. */
  since: number | null;
  asked: number;
  isOperator: boolean;
}

export interface History {
  /** All that is older is loaded: nothing is. */
  atStart: boolean;
  /** Everything between the oldest loaded message and now is loaded. */
  caughtUp: boolean;
  /** Before catching up: the place behind which something may be missing; null if nothing is loaded before it. */
  anchor: Mark | null;
  /** While catching up: the keys of what came live meanwhile. Behind the first of them nothing is missing. */
  live: Set<string>;
  /** How many lines were fetched so far to catch up, or how many pages in a row brought nothing that is older. */
  fetched: number;
  request: {kind: "latest" | "before" | "after"; label: string; from: Mark | null} | null;
}

export interface Conversation {
  /** Its name, folded. */
  key: string;
  name: string;
  kind: "room" | "direct";
  topic: string;
  /** By folded nick. */
  members: Map<string, Member>;
  /** We are in it; of a direct one, always. */
  isJoined: boolean;
  /** Of a direct one: whether they are connected; null if that is not known. */
  isPresent: boolean | null;
  /** Ordered by time; what came first is first among equals. */
  messages: Message[];
  /** The keys of `messages`. */
  keys: Set<string>;
  pending: Pending[];
  history: History;
  /** Messages up to this time are read. */
  readTime: number;
  unread: number;
  mentions: number;
  /** Who is typing, by nick, until when. */
  typing: Map<string, number>;
  /** Grows with every change of the messages. */
  revision: number;
}

/** Something to tell the user: a text of the page, with what is to be filled in, or the server's own words. */
export interface Words {
  key: string;
  values: readonly string[];
  /** What the server said: shown where the page has no words of its own. */
  said: string;
}

export interface Notice {
  id: number;
  words: Words;
  isError: boolean;
  /** The conversation that it is about; null: none. */
  about: string | null;
}

export interface RoomEntry {
  name: string;
  count: number;
  topic: string;
}

export type Phase =
  | "offline" // not begun, or ended by the user
  | "connecting" // on the way to the server's greeting
  | "nameTaken" // another name is offered; nothing happens until the user chooses
  | "online"
  | "waiting"; // the connection broke; it is tried again at `retryAt`

export interface ChatState {
  phase: Phase;
  nick: string;
  /** With phase nameTaken: what to try instead, and why. */
  offeredNick: string;
  nickTrouble: Words | null;
  network: string;
  isAway: boolean;
  conversations: Map<string, Conversation>;
  /** What LIST gave; null before the first answer. */
  rooms: RoomEntry[] | null;
  notices: Notice[];
  /** Whom the user wants to know more of; null: nobody. */
  profile: Profile | null;
  /** Grows with every change. */
  revision: number;
}
