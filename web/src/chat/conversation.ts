// One conversation's messages: kept in order, each once, and how many of them are unread.

import type {Conversation, Mark, Message} from "./types";

/** More are not held: the oldest go, and come again when the user scrolls back. */
export const mostMessages = 20_000;

export function newConversation(key: string, name: string, kind: "room" | "direct", readTime = 0): Conversation {
  return {
    key, name, kind, topic: "", members: new Map(), isJoined: kind === "direct", isPresent: null, messages: [], keys: new Set(), pending: [],
    history: {atStart: false, caughtUp: false, anchor: null, live: new Set(), fetched: 0, request: null}, readTime, unread: 0, mentions: 0,
    typing: new Map(), revision: 0,
  };
}

/** Where a message of this time goes: behind all that are not later. */
function placeFor(messages: readonly Message[], time: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.time ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether it counts as something to read. */
export function isReading(message: Message): boolean {
  return message.kind !== "event" && !message.isOwn;
}

/** Under what a message is known: its key, and of an event with an id also the name that it has without one. */
function namesOf(message: Message): string[] {
  return message.twin !== null && message.id !== null ? [message.key, `with-id/${message.twin}`] : [message.key];
}

/** Whether a message is loaded, also if it came with an id once and without one the other time. */
export function isLoaded(where: Conversation, message: Message): boolean {
  if (where.keys.has(message.key)) return true;
  return message.twin !== null && where.keys.has(message.id === null ? `with-id/${message.twin}` : message.twin);
}

/** Adds a message at its place; false if it is there already. */
export function addMessage(to: Conversation, message: Message): boolean {
  if (isLoaded(to, message)) return false;
  insert(to, message, placeFor(to.messages, message.time));
  trim(to);
  return true;
}

/** Adds what has just happened. */
export function addLive(to: Conversation, message: Message): boolean {
  if (!to.history.caughtUp) to.history.live.add(message.key);
  return addMessage(to, message);
}

function insert(to: Conversation, message: Message, place: number): void {
  for (const name of namesOf(message)) to.keys.add(name);
  if (place === to.messages.length) to.messages.push(message);
  else to.messages.splice(place, 0, message);
  count(to, message, 1);
  ++to.revision;
}

function trim(to: Conversation): void {
  if (to.messages.length > mostMessages) dropOldest(to, to.messages.length - mostMessages);
}

/**
 * Adds messages that were fetched, in their order, and gives how many of them are new. Those of equal time keep that
 * order, also among those that are there: a page that ends in the middle of a millisecond is put together again as it was.
 */
export function addPage(to: Conversation, page: readonly Message[], isOlder: boolean): number {
  const seen = new Set<string>();
  const fresh = page.filter((message) => !isLoaded(to, message) && !seen.has(message.key) && seen.add(message.key));
  const first = to.messages[0];
  if (isOlder && !(first && fresh.some((message) => message.time > first.time))) {
    to.messages.unshift(...fresh);
    for (const message of fresh) {
      for (const name of namesOf(message)) to.keys.add(name);
      count(to, message, 1);
    }
    if (fresh.length > 0) ++to.revision;
    return fresh.length;
  }
  const isFresh = new Set(fresh);
  for (let index = page.length - 1; index >= 0; --index) {
    const message = page[index];
    if (message && isFresh.has(message)) insert(to, message, placeBefore(to.messages, message.time, page[index + 1]));
  }
  trim(to);
  return fresh.length;
}

/** Where a message of this time goes that `next` follows: right before that, if it is of the same time. */
function placeBefore(messages: readonly Message[], time: number, next: Message | undefined): number {
  const place = placeFor(messages, time);
  if (next?.time !== time) return place;
  for (let index = place - 1; messages[index]?.time === time; --index) if (messages[index]?.key === next.key) return index;
  return place;
}

export function dropOldest(from: Conversation, many: number): void {
  if (many === 0) return;
  for (const message of from.messages.splice(0, many)) {
    for (const name of namesOf(message)) from.keys.delete(name);
    count(from, message, -1);
  }
  from.history.atStart = false;
  ++from.revision;
}

function count(of: Conversation, message: Message, change: 1 | -1): void {
  if (message.time <= of.readTime || !isReading(message)) return;
  of.unread += change;
  if (message.isMention) of.mentions += change;
}

/** Everything up to `time` is read. The mark never goes back; false if it did not move. */
export function markRead(of: Conversation, time: number): boolean {
  if (time <= of.readTime) return false;
  of.readTime = time;
  of.unread = 0;
  of.mentions = 0;
  for (let index = of.messages.length - 1; index >= 0; --index) {
    const message = of.messages[index];
    if (!message || message.time <= time) break;
    count(of, message, 1);
  }
  ++of.revision;
  return true;
}

/** The newest message that the server has given an id. */
export function newestStored(of: Conversation): Message | null {
  for (let index = of.messages.length - 1; index >= 0; --index) {
    const message = of.messages[index];
    if (message?.id) return message;
  }
  return null;
}

/** Before everything that a server may have. */
const beginning: Mark = {id: null, time: 0};

/** Behind which place something is missing, if the connection breaks now; null if nothing is loaded before it. */
export function placeOf(about: Conversation): Mark | null {
  const {anchor, atStart, caughtUp} = about.history;
  if (!caughtUp) return anchor;
  const newest = newestStored(about);
  if (newest) return {id: newest.id, time: newest.time};
  return atStart ? beginning : null;
}

export function oldestStored(of: Conversation): Message | null {
  return of.messages.find((message) => message.id) ?? null;
}
