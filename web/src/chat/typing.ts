// Who is typing: ircv3.net/specs/client-tags/typing.

import {type Line, nickOf} from "../irc/line";
import {type Context, findConversation, isSelf} from "./context";
import {targetOf} from "./events";
import type {Conversation} from "./types";

/** It is told again that often at most; the specification asks for three seconds at least. */
const every_ms = 3_000;
const active_ms = 6_000;
const paused_ms = 30_000;
const mostTyping = 100;

const told = new WeakMap<Conversation, number>();

/** The user writes, or has emptied the line. */
export function tell(of: Context, about: Conversation, isWriting: boolean): void {
  if (!of.has("message-tags") || of.state.phase !== "online" || !about.isJoined) return;
  const last = told.get(about) ?? 0;
  if (isWriting ? of.now() - last < every_ms : last === 0) return;
  told.set(about, isWriting ? of.now() : 0);
  of.send("TAGMSG", [about.name], {"+typing": isWriting ? "active" : "done"});
}

/** The message was sent, which tells enough. */
export function ended(about: Conversation): void {
  told.delete(about);
}

export function took(of: Context, line: Line): void {
  const nick = nickOf(line.source);
  const about = findConversation(of, targetOf(of, line));
  const state = line.tags.get("+typing") ?? line.tags.get("+draft/typing");
  if (!about || state === undefined || isSelf(of, nick)) return;
  if (state === "active" || state === "paused") {
    if (about.typing.size < mostTyping) about.typing.set(nick, of.now() + (state === "active" ? active_ms : paused_ms));
  } else {
    about.typing.delete(nick);
  }
}

/** Forgets who has fallen silent. Returns whether there was anyone. */
export function expire(of: Context): boolean {
  let changed = false;
  for (const about of of.state.conversations.values()) {
    for (const [nick, until] of about.typing) if (until <= of.now()) changed = about.typing.delete(nick);
  }
  return changed;
}
