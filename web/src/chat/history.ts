// Fetching what was said: ircv3.net/specs/extensions/chathistory.
//
// What must stay true of every conversation: between its oldest message that is loaded and `anchor` (or now, once it has
// caught up) nothing is missing. So pages are only ever added at an end that they touch, and when too much was missed
// to be fetched, the older messages are let go instead of leaving a gap behind them; they come again on scrolling back.

import type {Batch} from "../irc/batches";
import {isBatch} from "../irc/batches";
import {type Context, findConversation, isSelf, needConversation} from "./context";
import {addPage, dropOldest, newestStored, oldestStored} from "./conversation";
import {messageOf} from "./events";
import {confirmed} from "./outbox";
import type {Conversation, History, Message} from "./types";

const pageMessages = 50;
/** What was missed is fetched in so many pages at most; it is faster to begin anew. */
const mostCatchUpPages = 10;
const mostTargets = 50;
const targetsBack_ms = 30 * 86_400_000;

export function canFetch(of: Context): boolean {
  return of.has("draft/chathistory") && of.has("batch");
}

function pageSize(of: Context): number {
  return Math.min(pageMessages, of.features.number("CHATHISTORY", pageMessages));
}

/** How the server is told which message is meant. */
function reference(of: Context, message: Message): string {
  const byId = message.id && of.features.text("MSGREFTYPES", "msgid").split(",").includes("msgid");
  return byId ? `msgid=${message.id}` : `timestamp=${new Date(message.time).toISOString()}`;
}

function ask(of: Context, about: Conversation, kind: "latest" | "before" | "after", from: Message | null): void {
  const label = of.nextLabel();
  about.history.request = {kind, label, count: pageSize(of)};
  of.send("CHATHISTORY", [kind.toUpperCase(), about.name, from ? reference(of, from) : "*", String(pageSize(of))],
    of.has("labeled-response") ? {label} : {});
}

/** After joining, and after every new connection: what was missed, or the last page if nothing is loaded. */
export function catchUp(of: Context, about: Conversation): void {
  const history = about.history;
  if (!canFetch(of)) {
    history.caughtUp = true;
    history.atStart = true;
    return;
  }
  if (history.request || history.caughtUp) return;
  pages.set(history, 0);
  if (history.anchor) ask(of, about, "after", history.anchor);
  else ask(of, about, "latest", null);
}

/** Pages that were fetched so far to catch up. */
const pages = new WeakMap<History, number>();

/** The user came near the oldest message that is loaded. */
export function fetchEarlier(of: Context, about: Conversation): void {
  const oldest = oldestStored(about);
  if (about.history.request || about.history.atStart || !oldest || !canFetch(of) || of.state.phase !== "online") return;
  ask(of, about, "before", oldest);
}

/** Which direct conversations there were: their last messages are then fetched. */
export function fetchTargets(of: Context): void {
  if (!canFetch(of)) return;
  const now = of.now();
  const from = new Date(now - targetsBack_ms).toISOString();
  of.send("CHATHISTORY", ["TARGETS", `timestamp=${new Date(now + 86_400_000).toISOString()}`, `timestamp=${from}`, String(mostTargets)]);
}

/** The connection broke: what was asked for will not come, and from here on something may be missing. */
export function interrupted(about: Conversation): void {
  const history = about.history;
  history.request = null;
  if (history.caughtUp) history.anchor = newestStored(about);
  history.caughtUp = false;
}

/** A batch of type draft/chathistory-targets: CHATHISTORY TARGETS name time. */
export function tookTargets(of: Context, batch: Batch): void {
  for (const each of batch.lines) {
    if (isBatch(each) || each.command !== "CHATHISTORY") continue;
    const name = each.params[1] ?? "";
    if (of.features.isRoom(name) || isSelf(of, name)) continue;
    const found = needConversation(of, name);
    if (found) catchUp(of, found);
  }
}

/** A batch of type chathistory. Returns the conversation if it has now caught up. */
export function tookPage(of: Context, batch: Batch): Conversation | null {
  const about = findConversation(of, batch.params[0] ?? "");
  if (!about) return null;
  const page: Message[] = [];
  for (const each of batch.lines) {
    const message = isBatch(each) ? null : messageOf(of, each);
    if (message) page.push(message);
  }
  const label = batch.tags.get("label");
  const request = about.history.request;
  if (!request || (label !== undefined && label !== request.label)) {
    addPage(about, page, false); // replayed unasked
    return null;
  }
  about.history.request = null;
  if (request.kind !== "before") {
    // What was on its way when the connection broke may have arrived after all.
    for (const message of page) if (message.isOwn && !about.keys.has(message.key)) confirmed(of, message, about.name, undefined);
  }
  switch (request.kind) {
    case "before":
      if (batch.lines.length === 0) about.history.atStart = true;
      else if (addPage(about, page, true) === 0) fetchBeyond(of, about, page);
      ++about.revision;
      return null;
    case "latest":
      return tookLatest(about, page, batch.lines.length, request.count);
    case "after":
      return tookMissed(of, about, page, batch.lines.length, request.count);
  }
}

/** A page that brought nothing new: the one before it may, and if there is none, this was the last. */
function fetchBeyond(of: Context, about: Conversation, page: readonly Message[]): void {
  const first = page[0];
  const oldest = oldestStored(about);
  if (first && oldest && first.time < oldest.time) ask(of, about, "before", first);
  else about.history.atStart = true;
}

function tookLatest(about: Conversation, page: readonly Message[], count: number, limit: number): Conversation {
  const first = page[0];
  if (first) {
    // What is older than a full page may be apart from it.
    const apart = about.messages.findIndex((message) => message.time >= first.time);
    if (count >= limit) dropOldest(about, apart < 0 ? about.messages.length : apart);
    addPage(about, page, false);
  }
  if (count === 0) about.history.atStart = true;
  return finish(about);
}

function tookMissed(of: Context, about: Conversation, page: readonly Message[], count: number, limit: number): Conversation | null {
  addPage(about, page, false);
  const last = page[page.length - 1];
  const fetched = (pages.get(about.history) ?? 0) + 1;
  pages.set(about.history, fetched);
  if (count < limit || !last) return finish(about);
  about.history.anchor = last;
  if (fetched >= mostCatchUpPages) ask(of, about, "latest", null);
  else ask(of, about, "after", last);
  return null;
}

function finish(about: Conversation): Conversation {
  about.history.caughtUp = true;
  about.history.anchor = null;
  ++about.revision;
  return about;
}

/** The server refused: a message that it has forgotten, a room that we may not read. */
export function refused(of: Context, about: Conversation): Conversation | null {
  const request = about.history.request;
  about.history.request = null;
  if (request?.kind === "after" && about.history.anchor) {
    about.history.anchor = null;
    ask(of, about, "latest", null);
    return null;
  }
  about.history.atStart = true;
  return finish(about);
}
