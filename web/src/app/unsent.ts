// What the user wrote and the server has not confirmed, kept until a page of this browser can send it.
//
// Each page keeps its own, under a name that no other has. A new page asks on a channel who is still there, and takes
// over what the others have left behind. Should one of them live after all (a browser may freeze a page for long), it
// finds its record gone, and sends none of it: of two pages never both send the same.

import type {Unsent} from "../chat/outbox";
import type {Words} from "../chat/types";
import {read, recordsOf, remove, write} from "./memory";

const prefix = "unsent.";
const patience_ms = 250;
const longestKept_ms = 7 * 86_400_000;
const mostKept = 1_000;

type Asked = {ask: string} | {here: string};

/** A record: the messages, and the name under which the user chats. */
export interface Kept {
  nick: string;
  messages: readonly Unsent[];
}

const isText = (value: unknown, limit = 20_000): value is string => typeof value === "string" && value.length <= limit;
const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function parseWords(value: unknown): Words | null {
  const {key, values, said} = (value && typeof value === "object" ? value : {}) as Record<string, unknown>;
  return isText(key) && isText(said) && Array.isArray(values) && values.every((each) => isText(each)) ? {key, values, said} : null;
}

function parseMessage(value: unknown): Unsent[] {
  const {target, nick, kind, text, replyTo, time, status, reason, place} = (value && typeof value === "object" ? value : {}) as Record<string, unknown>;
  if (!isText(target) || target === "" || !isText(nick) || !isText(text) || text === "" || !isFinite(time)) return [];
  if ((kind !== "text" && kind !== "action") || (status !== "waiting" && status !== "doubtful" && status !== "failed")) return [];
  const {id, time: placeTime} = (place && typeof place === "object" ? place : {}) as Record<string, unknown>;
  return [{
    target, nick, kind, text, time, status, replyTo: isText(replyTo) ? replyTo : null, reason: parseWords(reason),
    place: isFinite(placeTime) ? {id: isText(id) ? id : null, time: placeTime} : null,
  }];
}

/** What is stored could be of an older page, or changed by hand: only what has the right form is taken. */
export function parseKept(value: unknown): Kept {
  const {nick, messages} = (value && typeof value === "object" ? value : {}) as Record<string, unknown>;
  return {nick: isText(nick) ? nick : "", messages: (Array.isArray(messages) ? messages : []).slice(0, mostKept).flatMap(parseMessage)};
}

export class UnsentMessages {
  private readonly page = [...crypto.getRandomValues(new Uint32Array(4))].map((each) => each.toString(36)).join("");
  private readonly channel = "BroadcastChannel" in window ? new BroadcastChannel("leat.pages") : null;
  private readonly alive = new Set<string>();
  private written = "";

  constructor() {
    this.channel?.addEventListener("message", ({data}: MessageEvent<Asked>) => {
      if ("ask" in data) this.channel?.postMessage({here: this.page});
      else this.alive.add(data.here);
    });
  }

  /** What pages that are gone have left of what `nick` wrote; it is this page's now. */
  async takeOver(nick: string, now: number): Promise<Unsent[]> {
    if (recordsOf(prefix).every((name) => name === prefix + this.page)) return [];
    this.alive.clear();
    this.channel?.postMessage({ask: this.page});
    await new Promise((done) => setTimeout(done, patience_ms));
    const left = recordsOf(prefix).filter((name) => !this.alive.has(name.slice(prefix.length)) && name !== prefix + this.page);
    const records = left.map((name) => ({name, ...parseKept(read(name))}));
    const isOld = (each: Unsent) => now - each.time > longestKept_ms;
    const ours = records.filter((each) => each.nick === nick);
    const messages = ours.flatMap((each) => each.messages).filter((each) => !isOld(each)).sort((one, other) => one.time - other.time);
    this.save(nick, messages);
    for (const each of records) if (each.nick === nick || each.messages.every(isOld)) remove(each.name);
    return messages;
  }

  /** Whether another page has taken over what this one kept. */
  isTakenOver(): boolean {
    return this.written !== "" && read(prefix + this.page) === null;
  }

  /** Keeps what is not sent now, in place of what was not before. */
  save(nick: string, messages: readonly Unsent[]): void {
    const record = messages.length === 0 ? "" : JSON.stringify({nick, messages});
    if (record === this.written) return;
    if (record === "") remove(prefix + this.page);
    const isKept = record !== "" && write(prefix + this.page, {nick, messages} satisfies Kept);
    this.written = isKept ? record : "";
  }
}
