// What each command of the server does to a session.

import {type Line, nickOf} from "../irc/line";
import {findConversation, isSelf, needConversation, words} from "./context";
import {addLive} from "./conversation";
import {messageOf, targetOf} from "./events";
import * as history from "./history";
import * as members from "./members";
import * as outbox from "./outbox";
import * as presence from "./presence";
import * as profiles from "./profiles";
import * as readMarker from "./read_marker";
import {isErrorNumeric, wordsOfError, wordsOfNumeric, wordsOfStandardReply} from "./replies";
import {withoutFormatting} from "./rich_text";
import type {Session} from "./session";
import type {Conversation} from "./types";
import * as typing from "./typing";

type Handler = (session: Session, line: Line, label: string | undefined) => unknown;

function show(session: Session, line: Line, where: Conversation | undefined): void {
  const message = messageOf(session, line);
  if (where && message) addLive(where, message);
}

function onMessage(session: Session, line: Line, label: string | undefined): void {
  const sender = nickOf(line.source);
  const target = targetOf(session, line);
  const isOwn = isSelf(session, sender);
  // What the server itself tells us alone is no conversation.
  if (!line.source.includes("!") && !session.features.isRoom(target)) {
    if (session.state.phase === "online") session.notify(words("server.says", [], withoutFormatting(line.params[1] ?? "")), false);
    return;
  }
  const message = messageOf(session, line);
  if (!message) return;
  const where = session.features.isRoom(target) ? findConversation(session, target) : needConversation(session, target);
  if (!where) return;
  const wasKnown = where.kind === "room" || where.messages.length > 0 || where.history.caughtUp;
  if (isOwn) outbox.confirmed(session, message, target, label);
  const isNew = addLive(where, message);
  where.typing.delete(sender);
  if (!wasKnown) session.isThere(where);
  if (isNew && !message.isOwn && (where.kind === "direct" || message.isMention)) session.alert(message, where);
}

function onJoin(session: Session, line: Line): void {
  const name = line.params[0] ?? "";
  const own = isSelf(session, nickOf(line.source));
  const room = own ? needConversation(session, name) : findConversation(session, name);
  if (!room) return;
  members.joined(session, line, room);
  show(session, line, own && room.messages.length === 0 ? undefined : room);
  if (!own) return;
  room.isJoined = true;
  room.name = name;
  if (!session.wantedRooms.has(room.key)) session.wantedRooms.set(room.key, {name, key: ""});
  session.isThere(room);
}

function onLeft(session: Session, line: Line, room: Conversation | undefined, nick: string): void {
  if (!room) return;
  show(session, line, room);
  members.left(session, nick, room);
  if (!isSelf(session, nick)) return;
  room.isJoined = false;
  history.interrupted(room);
  outbox.interrupted(room);
  session.wantedRooms.delete(room.key);
}

function onQuit(session: Session, line: Line): void {
  const nick = nickOf(line.source);
  for (const room of members.roomsOf(session, nick)) {
    show(session, line, room);
    members.left(session, nick, room);
  }
  session.tick(); // it may have been the one who had our name
}

function onNick(session: Session, line: Line): void {
  const from = nickOf(line.source);
  const to = line.params[0] ?? "";
  if (to === "") return;
  for (const room of members.roomsOf(session, from)) show(session, line, room);
  members.renamed(session, from, to);
  if (!isSelf(session, from)) return;
  session.state.nick = to;
}

function onTopic(session: Session, line: Line, place: number): void {
  const room = findConversation(session, line.params[place] ?? "");
  if (room) room.topic = withoutFormatting(line.command === "331" ? "" : (line.params[place + 1] ?? ""));
}

function onInvite(session: Session, line: Line): void {
  const [nick = "", room = ""] = line.params;
  if (isSelf(session, nick)) session.notify(words("invited", [nickOf(line.source), room]), false, room);
  else show(session, line, findConversation(session, room));
}

function onWelcome(session: Session, line: Line): void {
  session.state.nick = line.params[0] ?? session.state.nick;
}

function onFeatures(session: Session, line: Line): void {
  session.features.take(line.params.slice(1, -1));
  session.state.network = session.features.text("NETWORK", session.state.network);
}

/** What has no handler of its own. Of that, errors matter: to a message of ours, to a request for history, or to whatever else was asked. */
export function takeOther(session: Session, line: Line, label: string | undefined): void {
  if (!isErrorNumeric(line.command)) return;
  if (line.command === "401" && profiles.took(session, line)) return;
  const what = wordsOfNumeric(line);
  const target = line.params[1] ?? "";
  if (["432", "433", "436", "437"].includes(line.command) && !session.features.isRoom(target)) return session.refusedNick(what);
  if (/^(403|405|437|47[1-6])$/.test(line.command)) session.wantedRooms.delete(session.features.fold(target));
  if (label !== undefined && outbox.refused(session, label, what)) return;
  const about = findConversation(session, target);
  session.notify(what, true, about?.name ?? null);
}

function onFail(session: Session, line: Line, label: string | undefined): void {
  const what = wordsOfStandardReply(line);
  if (line.params[0] === "CHATHISTORY") {
    for (const about of session.state.conversations.values()) {
      const request = about.history.request;
      if (!request || (label !== undefined ? request.label !== label : !line.params.includes(about.name))) continue;
      const caughtUp = history.refused(session, about);
      if (caughtUp) outbox.resume(session, caughtUp);
      return;
    }
    return; // such as TARGETS, which a server need not know
  }
  if (line.params[0] === "MARKREAD") return;
  if (label !== undefined && outbox.refused(session, label, what)) return;
  session.notify(what, true);
}

function onListed(session: Session, line: Line): void {
  const [, name = "", count = "", topic = ""] = line.params;
  if (session.features.isRoom(name)) session.takeListed({name, count: Number(count) || 0, topic: withoutFormatting(topic)});
}

/** That somebody is away: within the answer to WHOIS, or because a message went to them. */
function onAway(session: Session, line: Line): void {
  if (profiles.took(session, line)) return;
  session.notify(words("isAway", [line.params[1] ?? "", line.params[2] ?? ""]), false, line.params[1] ?? null);
}

/** By command; takeOther() is for all others. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["PING", (session, line) => session.send("PONG", line.params.slice(-1))],
  ["CAP", (session, line) => session.takeCapabilities(line)],
  ["001", onWelcome],
  ["005", onFeatures],
  ["376", (session) => session.greeted()],
  ["422", (session) => session.greeted()],
  ["PRIVMSG", onMessage],
  ["NOTICE", onMessage],
  ["TAGMSG", typing.took],
  ["JOIN", onJoin],
  ["PART", (session, line) => onLeft(session, line, findConversation(session, line.params[0] ?? ""), nickOf(line.source))],
  ["KICK", (session, line) => {
    const room = findConversation(session, line.params[0] ?? "");
    const nick = line.params[1] ?? "";
    onLeft(session, line, room, nick);
    if (room && isSelf(session, nick)) session.notify(words("kicked", [room.name, nickOf(line.source), line.params[2] ?? ""]), true, room.name);
  }],
  ["QUIT", onQuit],
  ["NICK", onNick],
  ["TOPIC", (session, line) => {
    onTopic(session, line, 0);
    show(session, line, findConversation(session, line.params[0] ?? ""));
  }],
  ["331", (session, line) => onTopic(session, line, 1)],
  ["332", (session, line) => onTopic(session, line, 1)],
  ["MODE", (session, line) => {
    members.modesChanged(session, line);
    show(session, line, findConversation(session, line.params[0] ?? ""));
  }],
  ["INVITE", onInvite],
  ["AWAY", members.wentAway],
  ["305", (session) => (session.state.isAway = false)],
  ["306", (session) => (session.state.isAway = true)],
  ["301", onAway],
  ["SETNAME", members.setRealName],
  ["352", members.described],
  ["353", members.named],
  ["366", members.allNamed],
  ["321", (session) => session.takeListed("begin")],
  ["322", onListed],
  ["323", (session) => session.takeListed("end")],
  ...["311", "313", "317", "318", "319", "330"].map((numeric): [string, Handler] => [numeric, profiles.took]),
  ["730", presence.told],
  ["731", presence.told],
  ["MARKREAD", readMarker.tookMarker],
  ["FAIL", onFail],
  ["WARN", (session, line) => session.notify(wordsOfStandardReply(line), false)],
  ["NOTE", (session, line) => session.notify(wordsOfStandardReply(line), false)],
  ["ERROR", (session, line) => {
    if (session.state.phase === "connecting" && !session.wasOnline) session.notify(wordsOfError(line), true);
  }],
]);
