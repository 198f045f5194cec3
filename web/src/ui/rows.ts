// From messages to the rows of the list: days, the line above what is new, messages, and comings and goings together.

import {isReading} from "../chat/conversation";
import type {Message, Pending} from "../chat/types";

export type Row =
  | {type: "day"; key: string; time: number}
  | {type: "new"; key: string}
  /** `isFirst`: not from the one who spoke just before. */
  | {type: "message"; key: string; message: Message; isFirst: boolean}
  | {type: "events"; key: string; events: Message[]}
  | {type: "pending"; key: string; pending: Pending; isFirst: boolean};

/** What one says within this time stands together. */
const together_ms = 5 * 60_000;
const mostEventsTogether = 50;

const dayOf = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/** The rows of some messages, which begin at the conversation's start or behind `before`. What is newer than `newSince` is new. */
export function rowsOf(messages: readonly Message[], pending: readonly Pending[], before: Message | null, newSince: number): Row[] {
  const rows: Row[] = [];
  let last = before;
  let isNewShown = newSince === 0 || (before !== null && before.time > newSince);
  for (const message of messages) {
    const isOtherDay = last === null || dayOf(last.time) !== dayOf(message.time);
    if (isOtherDay) rows.push({type: "day", key: `day/${dayOf(message.time)}/${message.key}`, time: message.time});
    const isNew = !isNewShown && message.time > newSince && isReading(message);
    if (isNew) {
      isNewShown = true;
      rows.push({type: "new", key: "new"});
    }
    const end = rows[rows.length - 1];
    if (message.kind !== "event") {
      const isFirst = isOtherDay || isNew || !last || last.kind === "event" || last.sender !== message.sender || message.time - last.time > together_ms;
      rows.push({type: "message", key: message.key, message, isFirst});
    } else if (end?.type === "events" && end.events.length < mostEventsTogether) {
      end.events.push(message);
    } else {
      rows.push({type: "events", key: `events/${message.key}`, events: [message]});
    }
    last = message;
  }
  pending.forEach((each, index) => {
    const isFirst = index === 0 ? !last || last.kind === "event" || !last.isOwn : false;
    rows.push({type: "pending", key: each.key, pending: each, isFirst});
  });
  return rows;
}

/** What is left of comings and goings when those who only went and came again, or the other way round, are left out. */
export function lasting(events: readonly Message[]): Message[] {
  const kept = new Set(events);
  const last = new Map<string, Message>();
  for (const event of events) {
    const isComing = event.event === "join";
    if (!isComing && event.event !== "quit" && event.event !== "part") continue;
    const before = last.get(event.sender);
    if (before && (before.event === "join") !== isComing) {
      kept.delete(before);
      kept.delete(event);
      last.delete(event.sender);
    } else {
      last.set(event.sender, event);
    }
  }
  return [...kept];
}

/** Which messages are drawn: so many, whatever is loaded, and more only where they make few rows. */
export const windowSize = 160;
export const windowStep = 60;

export interface Range {
  start: number;
  end: number;
}

/** The window around a message, inside what is loaded. */
export function rangeAround(index: number, count: number): Range {
  const start = Math.max(0, Math.min(index - windowSize / 2, count - windowSize));
  return {start, end: Math.min(count, start + windowSize)};
}

export function rangeAtEnd(count: number, size = windowSize): Range {
  return {start: Math.max(0, count - size), end: count};
}

/** The window moved by so many messages, up or down; as large as it was, but never smaller than it should be. */
export function moved(range: Range, by: number, count: number): Range {
  const size = Math.max(windowSize, range.end - range.start);
  const start = Math.max(0, Math.min(range.start + by, count - size));
  return {start, end: Math.min(count, start + size)};
}

/** The window made larger, at both ends. */
export function grown(range: Range, count: number): Range {
  return {start: Math.max(0, range.start - windowStep), end: Math.min(count, range.end + windowStep)};
}
