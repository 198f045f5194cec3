// What the user has sent and the server has not yet confirmed.
//
// Every message ends in exactly one of two ways: its echo comes, or it is refused. A connection that breaks in between
// leaves it doubtful: it may have arrived. So it is sent again only after what was missed has been fetched and the
// message was not in it. Where the server keeps no history that cannot be known, and the user decides.

import {withoutLineEnds} from "../irc/line";
import {type Context, findConversation, needConversation, words} from "./context";
import {addMessage, placeOf} from "./conversation";
import {ownMessage} from "./events";
import type {Conversation, Mark, Message, Pending, Words} from "./types";

const bytes = new TextEncoder();
/** For ":nick!user@host PRIVMSG target :" and the line's end, with which the server passes it on. */
const sourceBytes = 130;
const mostPending = 1_000;

/** A message of ours that is not confirmed, as it outlives the page. */
export interface Unsent {
  target: string;
  nick: string;
  kind: "text" | "action";
  text: string;
  replyTo: string | null;
  time: number;
  /** As of a pending message; of a doubtful one, what the conversation has behind `place` tells whether it arrived. */
  status: "waiting" | "doubtful" | "failed";
  reason: Words | null;
  place: Mark | null;
}

/** Cuts a text into what fits into a line each, at a space where there is one, never within a letter. */
export function splitText(text: string, limit_bytes: number): string[] {
  const parts: string[] = [];
  for (const line of text.split(/\r\n|[\r\n]/)) {
    let part = "";
    let size = 0;
    for (const letter of line) {
      const own = bytes.encode(letter).length;
      if (size + own > limit_bytes) {
        const space = part.lastIndexOf(" ");
        const end = space > part.length / 2 ? space + 1 : part.length;
        parts.push(part.slice(0, end).trimEnd());
        part = part.slice(end);
        size = bytes.encode(part).length;
      }
      part += letter;
      size += own;
    }
    if (part.trim() !== "") parts.push(part.trimEnd());
  }
  return parts.filter((part) => part !== "");
}

/** Keeps a text and sends it, as soon as that can be done. */
export function post(of: Context, to: Conversation, kind: "text" | "action", text: string, replyTo: string | null): void {
  const room = of.features.number("LINELEN", 512) - sourceBytes - bytes.encode(to.name).length;
  for (const part of splitText(text, Math.max(100, Math.min(room, 4_000)))) {
    if (to.pending.length >= mostPending) return of.notify(words("error.tooManyUnsent"), true, to.name);
    const label = of.nextLabel();
    const pending: Pending = {
      key: `own/${label}`, label, target: to.name, nick: of.state.nick, kind, text: withoutLineEnds(part), replyTo, time: of.now(),
      status: "waiting", reason: null,
    };
    to.pending.push(pending);
    if (maySend(of, to)) send(of, to, pending);
  }
  ++to.revision;
}

/** Nothing is sent ahead of what is still doubtful, so that the order stays. */
function maySend(of: Context, to: Conversation): boolean {
  return of.state.phase === "online" && to.isJoined && (to.history.caughtUp || !to.pending.some((each) => each.status === "doubtful"));
}

function send(of: Context, to: Conversation, pending: Pending): void {
  pending.label = of.nextLabel();
  pending.nick = of.state.nick;
  pending.status = "sent";
  pending.reason = null;
  const tags: Record<string, string> = {};
  if (of.has("labeled-response")) tags["label"] = pending.label;
  if (pending.replyTo && of.has("message-tags")) tags["+reply"] = pending.replyTo;
  const text = pending.kind === "action" ? `\x01ACTION ${pending.text}\x01` : pending.text;
  of.send("PRIVMSG", [to.name, text], tags);
  if (of.has("echo-message")) return;
  to.pending = to.pending.filter((each) => each !== pending);
  addMessage(to, ownMessage(of, pending.kind, pending.text, pending.replyTo));
}

/** A message of our own has come: whatever waited for it is done. */
export function confirmed(of: Context, message: Message, target: string, label: string | undefined): void {
  const to = findConversation(of, target);
  if (!to || to.pending.length === 0) return;
  const byLabel = to.pending.findIndex((each) => label !== undefined && each.label === label);
  const index = byLabel >= 0 ? byLabel : label !== undefined ? -1 : to.pending.findIndex((each) => isSame(of, each, message));
  if (index < 0) return;
  to.pending.splice(index, 1);
  // Said under another name than the one that we have by now, it is our own all the same.
  message.isOwn = true;
  message.isMention = false;
  ++to.revision;
}

function isSame(of: Context, pending: Pending, message: Message): boolean {
  const wasSent = pending.status === "sent" || pending.status === "doubtful";
  return wasSent && pending.text === message.text && pending.kind === message.kind && of.features.fold(pending.nick) === of.features.fold(message.sender);
}

/** An answer with our label that is an error. Returns whether it was about a message. */
export function refused(of: Context, label: string, why: Words): boolean {
  for (const to of of.state.conversations.values()) {
    const pending = to.pending.find((each) => each.label === label && each.status === "sent");
    if (!pending) continue;
    giveUp(pending, why);
    ++to.revision;
    return true;
  }
  return false;
}

/** The connection broke. */
export function interrupted(to: Conversation): void {
  for (const pending of to.pending) if (pending.status === "sent") pending.status = "doubtful";
}

/** Not all that was missed is loaded: it can no longer be known what of the doubtful arrived. */
export function lostSight(to: Conversation): void {
  for (const pending of to.pending) if (pending.status === "doubtful") giveUp(pending, words("error.mayHaveArrived"));
}

function giveUp(pending: Pending, why: Words): void {
  pending.status = "failed";
  pending.reason = why;
}

/**
 * We are there again, and what was said meanwhile is loaded: of it, our own messages were confirmed. Whatever is still
 * doubtful did not arrive, and is sent now, together with what was written since, in its order.
 */
export function resume(of: Context, to: Conversation): void {
  if (!maySend(of, to)) return;
  for (const pending of [...to.pending]) {
    if (pending.status === "doubtful" && !of.has("draft/chathistory")) giveUp(pending, words("error.mayHaveArrived"));
    if (pending.status === "doubtful" || pending.status === "waiting") send(of, to, pending);
  }
  ++to.revision;
}

export function retry(of: Context, to: Conversation, key: string): void {
  const pending = to.pending.find((each) => each.key === key && each.status === "failed");
  if (!pending) return;
  pending.status = "waiting";
  if (maySend(of, to)) send(of, to, pending);
  ++to.revision;
}

export function discard(to: Conversation, key: string): void {
  to.pending = to.pending.filter((each) => each.key !== key || each.status !== "failed");
  ++to.revision;
}

/** All that would be lost with the page. */
export function unsent(of: Context): Unsent[] {
  return [...of.state.conversations.values()].flatMap((to) => to.pending.map(({target, nick, kind, text, replyTo, time, status, reason}): Unsent => (
    {target, nick, kind, text, replyTo, time, status: status === "sent" ? "doubtful" : status, reason, place: placeOf(to)})));
}

/** Takes up what an earlier page could not send, in its order. To be called before the first connection. */
export function restore(of: Context, kept: readonly Unsent[]): void {
  for (const {place, ...rest} of kept) {
    const to = needConversation(of, rest.target);
    if (!to || to.pending.length >= mostPending) continue;
    const label = of.nextLabel();
    const pending: Pending = {...rest, key: `own/${label}`, label};
    to.pending.push(pending);
    if (pending.status === "doubtful" && !place) giveUp(pending, words("error.mayHaveArrived"));
    else if (pending.status === "doubtful" && place && (!to.history.anchor || place.time < to.history.anchor.time)) to.history.anchor = place;
    ++to.revision;
  }
}
