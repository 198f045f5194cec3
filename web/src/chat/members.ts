// Who is where: what JOIN, PART, NAMES, MODE and their like change.

import {type Line, nickOf} from "../irc/line";
import {type Context, findConversation, isSelf} from "./context";
import type {Conversation, Member} from "./types";

/** Of larger rooms it is not asked who is away: the answer would be as large. */
const mostAsked = 200;

function newMember(nick: string, roles = "", address = ""): Member {
  return {nick, roles, isAway: false, realName: "", address};
}

function addressOf(source: string): string {
  const mark = source.indexOf("!");
  return mark < 0 ? "" : source.slice(mark + 1);
}

/** The rooms in which someone is. */
export function roomsOf(of: Context, nick: string): Conversation[] {
  const key = of.features.fold(nick);
  return [...of.state.conversations.values()].filter((each) => each.members.has(key));
}

function change(of: Context, nick: string, how: (member: Member) => void): void {
  const key = of.features.fold(nick);
  for (const room of roomsOf(of, nick)) {
    const member = room.members.get(key);
    if (member) how(member);
  }
}

export function joined(of: Context, line: Line, room: Conversation): void {
  const nick = nickOf(line.source);
  if (isSelf(of, nick)) room.members.clear();
  const member = newMember(nick, "", addressOf(line.source));
  member.realName = line.params[2] ?? "";
  room.members.set(of.features.fold(nick), member);
}

export function left(of: Context, nick: string, room: Conversation): void {
  if (isSelf(of, nick)) room.members.clear();
  room.members.delete(of.features.fold(nick));
  room.typing.delete(nick);
}

export function renamed(of: Context, from: string, to: string): void {
  const key = of.features.fold(from);
  for (const room of roomsOf(of, from)) {
    const member = room.members.get(key);
    if (!member) continue;
    room.members.delete(key);
    room.members.set(of.features.fold(to), {...member, nick: to});
    room.typing.delete(from);
  }
}

/** RPL_NAMREPLY: signs before each nick, and with userhost-in-names the address behind it. */
export function named(of: Context, line: Line): void {
  const room = findConversation(of, line.params[2] ?? "");
  if (!room) return;
  const signs = of.features.roles().map((role) => role.sign).join("");
  for (const entry of (line.params[3] ?? "").split(" ")) {
    let length = 0;
    while (length < entry.length && signs.includes(entry.charAt(length))) ++length;
    const source = entry.slice(length);
    const nick = nickOf(source);
    if (nick === "") continue;
    const key = of.features.fold(nick);
    const known = room.members.get(key);
    room.members.set(key, {...(known ?? newMember(nick)), roles: entry.slice(0, length), address: addressOf(source) || (known?.address ?? "")});
  }
}

/** RPL_ENDOFNAMES: now it is asked once who is away; later changes come by themselves. */
export function allNamed(of: Context, line: Line): void {
  const room = findConversation(of, line.params[1] ?? "");
  if (room?.isJoined && room.members.size <= mostAsked && of.has("away-notify")) of.send("WHO", [room.name]);
}

/** RPL_WHOREPLY: me room user host server nick flags :hops real name. */
export function described(of: Context, line: Line): void {
  const [, , user = "", host = "", , nick = "", flags = "", last = ""] = line.params;
  change(of, nick, (member) => {
    member.address = `${user}@${host}`;
    member.isAway = flags.startsWith("G");
    member.realName = last.replace(/^\d+ /, "");
  });
}

export function wentAway(of: Context, line: Line): void {
  change(of, nickOf(line.source), (member) => (member.isAway = (line.params[0] ?? "") !== ""));
}

export function setRealName(of: Context, line: Line): void {
  change(of, nickOf(line.source), (member) => (member.realName = line.params[0] ?? ""));
}

/** MODE of a room: of its changes only those of roles matter here. */
export function modesChanged(of: Context, line: Line): void {
  const room = findConversation(of, line.params[0] ?? "");
  if (!room) return;
  const roles = of.features.roles();
  let adding = true;
  let next = 2;
  for (const mode of line.params[1] ?? "") {
    if (mode === "+" || mode === "-") {
      adding = mode === "+";
      continue;
    }
    const argument = of.features.modeTakesArgument(mode, adding) ? (line.params[next++] ?? "") : "";
    const sign = roles.find((role) => role.mode === mode)?.sign;
    const member = sign === undefined ? undefined : room.members.get(of.features.fold(argument));
    if (!member || sign === undefined) continue;
    const held = new Set(member.roles);
    if (adding) held.add(sign);
    else held.delete(sign);
    member.roles = roles.map((role) => role.sign).filter((each) => held.has(each)).join("");
  }
}
