// One conversation's messages: kept in order, each once, and how many of them are unread.

import type {Conversation, Message} from "./types";

/** More are not held: the oldest go, and come again when the user scrolls back. */
export const mostMessages = 20_000;

export function newConversation(key: string, name: string, kind: "room" | "direct", readTime = 0): Conversation {
  return {
    key, name, kind, topic: "", members: new Map(), isJoined: kind === "direct", messages: [], keys: new Set(), pending: [],
    history: {atStart: false, caughtUp: false, anchor: null, request: null}, readTime, unread: 0, mentions: 0,
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

/** Adds a message at its place; false if it is there already. */
export function addMessage(to: Conversation, message: Message): boolean {
  if (to.keys.has(message.key)) return false;
  to.keys.add(message.key);
  const place = placeFor(to.messages, message.time);
  if (place === to.messages.length) to.messages.push(message);
  else to.messages.splice(place, 0, message);
  count(to, message, 1);
  if (to.messages.length > mostMessages) dropOldest(to, to.messages.length - mostMessages);
  ++to.revision;
  return true;
}

/**
 * Adds messages that were fetched, in their order. Those of equal time keep it, also among those that are there: a page
 * that ends in the middle of a millisecond is put together again as it was.
 */
export function addPage(to: Conversation, page: readonly Message[], isOlder: boolean): number {
  let added = 0;
  if (!isOlder) {
    for (const message of page) if (addMessage(to, message)) ++added;
    return added;
  }
  const fresh = page.filter((message) => !to.keys.has(message.key) && to.keys.add(message.key));
  const first = to.messages[0];
  if (first && fresh.some((message) => message.time > first.time)) {
    for (const message of fresh) to.keys.delete(message.key);
    return addPage(to, fresh, false);
  }
  to.messages.unshift(...fresh);
  for (const message of fresh) count(to, message, 1);
  if (fresh.length > 0) ++to.revision;
  return fresh.length;
}

export function dropOldest(from: Conversation, many: number): void {
  for (const message of from.messages.splice(0, many)) {
    from.keys.delete(message.key);
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

export function oldestStored(of: Conversation): Message | null {
  return of.messages.find((message) => message.id) ?? null;
}
