// A chat session over any number of connections: lines of the server go in, the state changes, lines for it come out.
// No sockets, no timers, no storage, no DOM: whoever owns a session brings them (see ../app/connection.ts).

import {type Batch, Batches, isBatch} from "../irc/batches";
import {Negotiation} from "../irc/capabilities";
import {Features} from "../irc/features";
import {formatLine, type Line, parseLine, withoutLineEnds} from "../irc/line";
import {type Context, findConversation, needConversation, words} from "./context";
import * as history from "./history";
import type {Action} from "./input";
import * as outbox from "./outbox";
import {handlers, takeOther} from "./handlers";
import {nextNick, toNick} from "./nicks";
import * as presence from "./presence";
import * as profiles from "./profiles";
import * as readMarker from "./read_marker";
import type {ChatState, Conversation, Message, Words} from "./types";
import * as typing from "./typing";

export interface SessionOptions {
  nick: string;
  /** To be joined as soon as the server lets us. */
  rooms: readonly string[];
  /** Sends one line, without its end. It is called only between opened() and closed(). */
  send(line: string): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** Up to when a conversation was read, as far as this browser remembers; 0 if it does not. */
  readTime?(name: string): number;
  /** Something was said to the user: in a direct conversation, or with a mention. */
  alert?(message: Message, where: Conversation): void;
  /** What an earlier page could not send. */
  unsent?: readonly outbox.Unsent[];
  /** The name was this user's a moment ago: if it is taken, then likely by the connection of the page before. */
  isReturning?: boolean;
  /** Runs something after so many milliseconds. Without it nothing is tried again by itself. */
  later?(run: () => void, delay_ms: number): void;
  /** Whether another page has taken up what this one has not sent: then this one must not send it. */
  isTakenOver?(): boolean;
}

/** How long a server may take to notice that a page is gone which has just been loaded again. */
const returnDelay_ms = 300;
const mostReturns = 12;
const mostNotices = 20;
const mostListed = 2_000;

export class Session implements Context {
  readonly state: ChatState;
  readonly features = new Features();
  /** The name that the user chose: what we are called may differ for a while. */
  wantedNick: string;
  /** The rooms to be in, also after the next connection, by folded name. */
  readonly wantedRooms = new Map<string, {name: string; key: string}>();
  wasOnline = false;
  private negotiation = new Negotiation();
  private batches = new Batches();
  private isOpen = false;
  private labels = 0;
  private noticeIds = 0;
  private returns = 0;
  private listed: ChatState["rooms"] = null;

  constructor(private readonly options: SessionOptions) {
    this.wantedNick = options.nick;
    for (const name of options.rooms) this.wantedRooms.set(this.features.fold(name), {name, key: ""});
    this.state = {
      phase: "offline", nick: options.nick, offeredNick: "", nickTrouble: null, network: "", isAway: false, conversations: new Map(),
      rooms: null, notices: [], profile: null, revision: 0,
    };
    outbox.restore(this, options.unsent ?? []);
    for (const {key, name, kind} of this.state.conversations.values()) {
      if (kind === "room" && !this.wantedRooms.has(key)) this.wantedRooms.set(key, {name, key: ""});
    }
  }

  // --- Context

  has(capability: string): boolean {
    return this.negotiation.enabled.has(capability);
  }

  now(): number {
    return this.options.now();
  }

  send(command: string, params: readonly string[], tags: Readonly<Record<string, string>> = {}): void {
    if (!this.isOpen) return;
    let line: string;
    try {
      line = formatLine(command, params.map(withoutLineEnds), this.has("message-tags") || "label" in tags ? tags : {});
    } catch {
      return this.notify(words("error.cannotBeSaid", [command]), true);
    }
    this.options.send(line);
  }

  nextLabel(): string {
    return `w${++this.labels}`;
  }

  notify(what: Words, isError: boolean, about: string | null = null): void {
    this.state.notices.push({id: ++this.noticeIds, words: what, isError, about});
    this.state.notices.splice(0, Math.max(0, this.state.notices.length - mostNotices));
    ++this.state.revision;
  }

  rememberedReadTime(name: string): number {
    return this.options.readTime?.(name) ?? 0;
  }

  alert(message: Message, where: Conversation): void {
    this.options.alert?.(message, where);
  }

  // --- The connection

  /** A connection is there: registers. */
  opened(): void {
    if (this.options.isTakenOver?.()) this.forgetUnsent();
    this.negotiation = new Negotiation();
    this.batches = new Batches();
    this.isOpen = true;
    this.state.phase = "connecting";
    this.state.nick = this.wantedNick;
    this.listed = null;
    this.options.send(this.negotiation.begin());
    this.send("NICK", [this.wantedNick]);
    this.send("USER", [toUserName(this.wantedNick), "0", "*", this.wantedNick]);
    ++this.state.revision;
  }

  /** The connection is gone. Afterwards opened() may be called again, unless the phase is nameTaken or offline. */
  closed(): void {
    this.isOpen = false;
    if (this.state.phase !== "nameTaken" && this.state.phase !== "offline") this.state.phase = "waiting";
    for (const each of this.state.conversations.values()) {
      history.interrupted(each);
      outbox.interrupted(each);
      each.typing.clear();
      if (each.kind === "room") {
        each.isJoined = false;
        each.members.clear();
      }
    }
    ++this.state.revision;
  }

  /** One line of the server, or several with line ends between them. */
  receive(text: string): void {
    for (const each of text.split(/\r?\n/)) {
      const line = each === "" ? null : parseLine(each);
      const taken = line && this.batches.take(line);
      if (taken) this.dispatch(taken, undefined);
    }
    ++this.state.revision;
  }

  private dispatch(taken: Line | Batch, labelAround: string | undefined): void {
    const label = taken.tags.get("label") ?? labelAround;
    if (!isBatch(taken)) {
      (handlers.get(taken.command) ?? takeOther)(this, taken, label);
    } else if (taken.type === "chathistory") {
      const caughtUp = history.tookPage(this, label === undefined ? taken : {...taken, tags: new Map([["label", label]])});
      if (caughtUp) outbox.resume(this, caughtUp);
    } else if (taken.type === "draft/chathistory-targets") {
      for (const each of history.tookTargets(this, taken)) this.isThere(each);
    } else {
      for (const each of taken.lines) this.dispatch(each, label);
    }
  }

  /** To be called every few seconds. Returns whether anything changed. */
  tick(): boolean {
    const isOurs = this.features.fold(this.state.nick) === this.features.fold(this.wantedNick);
    if (this.state.phase === "online" && !isOurs) this.send("NICK", [this.wantedNick]);
    const changed = typing.expire(this);
    if (changed) ++this.state.revision;
    return changed;
  }

  // --- For the handlers

  takeCapabilities(line: Line): void {
    for (const each of this.negotiation.take(line)) if (this.isOpen) this.options.send(each);
  }

  /** The name is not to be had. At the first time the user is asked, later it is worked around. */
  refusedNick(why: Words): void {
    if (this.state.phase === "online") {
      if (this.wantedNick === this.state.nick) this.notify(why, true);
      return;
    }
    const limit_bytes = this.features.number("NICKLEN", 30);
    const offered = nextNick(toNick(this.state.nick, limit_bytes) || "guest", limit_bytes);
    if (this.wasOnline) {
      this.state.nick = offered;
      return this.send("NICK", [offered]);
    }
    if (this.options.isReturning && this.options.later && ++this.returns <= mostReturns) {
      const wanted = this.wantedNick;
      return this.options.later(() => this.state.phase === "connecting" && this.wantedNick === wanted && this.send("NICK", [wanted]), returnDelay_ms);
    }
    this.state.phase = "nameTaken";
    this.state.offeredNick = offered;
    this.state.nickTrouble = why;
    this.send("QUIT", []);
  }

  /** The server has said all of its greeting. */
  greeted(): void {
    if (this.state.phase === "online") return;
    this.state.phase = "online";
    this.wasOnline = true;
    this.state.nickTrouble = null;
    for (const {name, key} of this.wantedRooms.values()) this.send("JOIN", key === "" ? [name] : [name, key]);
    this.listRooms();
    presence.watchAll(this);
    for (const each of this.state.conversations.values()) if (each.kind === "direct") this.takeUp(each);
    history.fetchTargets(this);
  }

  /** We are in a conversation that is new on this connection. */
  isThere(about: Conversation): void {
    presence.watch(this, about);
    this.takeUp(about);
  }

  /** What was missed is fetched, and what was kept is sent. */
  private takeUp(about: Conversation): void {
    readMarker.askMarker(this, about);
    history.catchUp(this, about);
    if (about.history.caughtUp) outbox.resume(this, about);
  }

  takeListed(entry: {name: string; count: number; topic: string} | "begin" | "end"): void {
    if (entry === "begin") this.listed = [];
    else if (entry !== "end") (this.listed ??= []).length < mostListed && this.listed.push(entry);
    else {
      this.state.rooms = (this.listed ?? []).sort((left, right) => right.count - left.count || left.name.localeCompare(right.name));
      this.listed = null;
    }
  }

  // --- What the user does

  /** Another name before the session has begun: connect again afterwards. */
  chooseNick(nick: string): void {
    this.wantedNick = nick;
    if (this.state.phase === "online") this.send("NICK", [nick]);
    else if (this.state.phase === "nameTaken") this.state.phase = "waiting";
    ++this.state.revision;
  }

  listRooms(): void {
    this.send("LIST", []);
  }

  join(name: string, key = ""): void {
    this.wantedRooms.set(this.features.fold(name), {name, key});
    this.send("JOIN", key === "" ? [name] : [name, key]);
  }

  /** Leaves a room, or puts a direct conversation aside. */
  leave(about: Conversation, reason = ""): void {
    this.wantedRooms.delete(about.key);
    presence.unwatch(this, about);
    if (about.kind === "room" && about.isJoined) this.send("PART", reason === "" ? [about.name] : [about.name, reason]);
    this.state.conversations.delete(about.key);
    ++this.state.revision;
  }

  /** A direct conversation with someone, or a room: joined if we are not in it. */
  open(name: string): Conversation | undefined {
    const known = findConversation(this, name);
    if (this.features.isRoom(name)) {
      if (!known?.isJoined && !(known === undefined && this.wantedRooms.has(this.features.fold(name)))) this.join(name);
      return known;
    }
    const opened = known ?? needConversation(this, name);
    if (opened && !known && this.state.phase === "online") this.isThere(opened);
    ++this.state.revision;
    return opened;
  }

  say(to: Conversation, text: string, kind: "text" | "action" = "text", replyTo: string | null = null): void {
    outbox.post(this, to, kind, text, replyTo);
    typing.ended(to);
    ++this.state.revision;
  }

  fetchEarlier(about: Conversation): void {
    history.fetchEarlier(this, about);
    ++this.state.revision;
  }

  retry(about: Conversation, key: string): void {
    outbox.retry(this, about, key);
    ++this.state.revision;
  }

  discard(about: Conversation, key: string): void {
    outbox.discard(about, key);
    ++this.state.revision;
  }

  /** What is not confirmed, to be kept for the next page. */
  unsent(): outbox.Unsent[] {
    return outbox.unsent(this);
  }

  forgetUnsent(): void {
    for (const each of this.state.conversations.values()) each.pending = [];
    ++this.state.revision;
  }

  sawAll(about: Conversation): void {
    if (readMarker.sawAll(this, about)) ++this.state.revision;
  }

  isTyping(about: Conversation, isWriting: boolean): void {
    typing.tell(this, about, isWriting);
  }

  /** Who somebody is: `state.profile` is from now on about them. */
  askProfile(nick: string): void {
    profiles.ask(this, nick);
    ++this.state.revision;
  }

  closeProfile(): void {
    this.state.profile = null;
    ++this.state.revision;
  }

  dismiss(id: number): void {
    this.state.notices = this.state.notices.filter((each) => each.id !== id);
    ++this.state.revision;
  }

  quit(): void {
    this.state.phase = "offline";
    this.send("QUIT", []);
    ++this.state.revision;
  }

  /** Carries out what was typed, but for what only the page can do ("open", "help"): that is left to it. */
  run(action: Action): void {
    switch (action.type) {
      case "say": case "act": {
        const to = findConversation(this, action.target) ?? this.open(action.target);
        if (to) this.say(to, action.text, action.type === "act" ? "action" : "text");
        else this.notify(words("error.notInRoom", [action.target]), true);
        return;
      }
      case "join": return this.join(action.room, action.key);
      case "part": {
        const about = findConversation(this, action.room);
        return about ? this.leave(about, action.reason) : this.notify(words("error.notInRoom", [action.room]), true);
      }
      case "topic": return this.send("TOPIC", action.topic === null ? [action.room] : [action.room, action.topic]);
      case "nick": return this.chooseNick(action.nick);
      case "kick": return this.send("KICK", action.reason === "" ? [action.room, action.nick] : [action.room, action.nick, action.reason]);
      case "invite": return this.send("INVITE", [action.nick, action.room]);
      case "away": return this.send("AWAY", action.reason === "" ? [] : [action.reason]);
      case "whois": return this.askProfile(action.nick);
      case "wrong": return this.notify(words(action.key, action.values), true);
      case "open": case "help": return;
    }
  }
}

/** The name before the @: plain letters, which every server takes. */
function toUserName(nick: string): string {
  return nick.replace(/[^A-Za-z0-9]/g, "").slice(0, 10) || "web";
}
