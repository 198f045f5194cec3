// Fetching what was said: ircv3.net/specs/extensions/chathistory.
//
// What must stay true of every conversation: between its oldest message that is loaded and `anchor` (or now, once it has
// caught up) nothing is missing. So pages are only ever added at an end that they touch, and when too much was missed
// to be fetched, the older messages are let go instead of leaving a gap behind them; they come again on scrolling back.
//
// How many lines a page has says nothing: a server may send fewer than it was asked for, as when they are long. Only an
// empty page is an end, and a page with something in it that also came live.

import type {Batch} from "../irc/batches";
import {isBatch} from "../irc/batches";
import {type Line, timeOf} from "../irc/line";
import {type Context, findConversation, isSelf, needConversation} from "./context";
import {addPage, dropOldest, isLoaded, oldestStored, placeOf} from "./conversation";
import {messageOf} from "./events";
import * as outbox from "./outbox";
import type {Conversation, Mark, Message} from "./types";

const pageLines = 50;
/** When more than that was missed it is faster to begin anew. */
const mostMissedLines = 500;
/** So many pages are fetched on the way to one end at most, however little is in each. */
const mostPages = 40;
const mostTargets = 50;
const targetsBack_ms = 30 * 86_400_000;

export function canFetch(of: Context): boolean {
  return of.has("draft/chathistory") && of.has("batch");
}

/** How the server is told which place is meant. */
function reference(of: Context, mark: Mark): string {
  const byId = mark.id && of.features.text("MSGREFTYPES", "msgid").split(",").includes("msgid");
  return byId ? `msgid=${mark.id}` : `timestamp=${new Date(mark.time).toISOString()}`;
}

function isSameMark(left: Mark, right: Mark | null): boolean {
  return left.time === right?.time && left.id === right.id;
}

function ask(of: Context, about: Conversation, kind: "latest" | "before" | "after", from: Mark | null): void {
  const label = of.nextLabel();
  const limit = Math.min(pageLines, of.features.number("CHATHISTORY", pageLines));
  about.history.request = {kind, label, from};
  of.send("CHATHISTORY", [kind.toUpperCase(), about.name, from ? reference(of, from) : "*", String(limit)],
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
  history.fetched = 0;
  if (history.anchor) ask(of, about, "after", history.anchor);
  else ask(of, about, "latest", null);
}

/** The user came near the oldest message that is loaded. */
export function fetchEarlier(of: Context, about: Conversation): void {
  const oldest = oldestStored(about);
  if (about.history.request || about.history.atStart || !oldest || !canFetch(of) || of.state.phase !== "online") return;
  about.history.fetched = 0;
  ask(of, about, "before", {id: oldest.id, time: oldest.time});
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
  history.anchor = placeOf(about);
  history.request = null;
  history.caughtUp = false;
  history.live.clear();
}

/** A batch of type draft/chathistory-targets: CHATHISTORY TARGETS name time. Returns the conversations that are new by it. */
export function tookTargets(of: Context, batch: Batch): Conversation[] {
  return batch.lines.flatMap((each): Conversation[] => {
    if (isBatch(each) || each.command !== "CHATHISTORY") return [];
    const name = each.params[1] ?? "";
    if (of.features.isRoom(name) || isSelf(of, name) || findConversation(of, name)) return [];
    return [needConversation(of, name) ?? []].flat();
  });
}

/** What came in one batch: the messages to show, and the places of all its lines, also of those that show nothing. */
interface Page {
  messages: Message[];
  marks: Mark[];
}

function pageOf(of: Context, batch: Batch): Page {
  const lines = batch.lines.filter((each): each is Line => !isBatch(each));
  return {
    messages: lines.flatMap((line) => messageOf(of, line) ?? []),
    marks: lines.flatMap((line): Mark[] => {
      const mark = {id: line.tags.get("msgid") || null, time: timeOf(line, Number.NaN)};
      return Number.isNaN(mark.time) ? [] : [mark];
    }),
  };
}

/** A batch of type chathistory. Returns the conversation if it has now caught up. */
export function tookPage(of: Context, batch: Batch): Conversation | null {
  const about = findConversation(of, batch.params[0] ?? "");
  if (!about) return null;
  const page = pageOf(of, batch);
  const label = batch.tags.get("label");
  const request = about.history.request;
  if (!request || (label !== undefined && label !== request.label)) {
    addPage(about, page.messages, false); // replayed unasked
    return null;
  }
  about.history.request = null;
  if (request.kind === "before") {
    tookEarlier(of, about, page, request.from);
    return null;
  }
  // What was on its way when the connection broke may have arrived after all.
  for (const message of page.messages) {
    if (message.kind !== "event" && !isLoaded(about, message)) outbox.confirmed(of, message, about.name, undefined);
  }
  return request.kind === "latest" ? tookLatest(about, page) : tookMissed(of, about, page, request.from);
}

/** A page that brought nothing to show: the one before it may, unless it is the same again. */
function tookEarlier(of: Context, about: Conversation, page: Page, from: Mark | null): void {
  const added = addPage(about, page.messages, true);
  const first = page.marks[0];
  ++about.revision;
  if (added > 0) return;
  if (first && !isSameMark(first, from) && first.time <= (from?.time ?? 0) && ++about.history.fetched < mostPages) ask(of, about, "before", first);
  else about.history.atStart = true;
}

function tookLatest(about: Conversation, page: Page): Conversation {
  const {anchor, live} = about.history;
  const first = page.marks[0];
  if (!first) {
    about.history.atStart = true;
    return finish(about);
  }
  const touches = anchor !== null && (first.time < anchor.time || page.marks.some((mark) => isSameMark(mark, anchor)));
  if (!touches) {
    const kept = new Set(page.messages.map((message) => message.key));
    const isApart = (message: Message) => message.time < first.time || (message.time === first.time && !kept.has(message.key) && !live.has(message.key));
    const end = about.messages.findIndex((message) => !isApart(message));
    dropOldest(about, end < 0 ? about.messages.length : end);
    if (anchor !== null) outbox.lostSight(about);
  }
  addPage(about, page.messages, false);
  return finish(about);
}

function tookMissed(of: Context, about: Conversation, page: Page, from: Mark | null): Conversation | null {
  const history = about.history;
  const meetsLive = page.messages.some((message) => history.live.has(message.key) || (message.twin !== null && history.live.has(message.twin)));
  addPage(about, page.messages, false);
  const last = page.marks[page.marks.length - 1];
  if (!last || meetsLive || isSameMark(last, from)) return finish(about);
  history.anchor = last;
  // Every page counts as some lines, so that pages of almost nothing come to an end, too.
  history.fetched += Math.max(page.marks.length, Math.ceil(mostMissedLines / mostPages));
  if (history.fetched >= mostMissedLines) ask(of, about, "latest", null);
  else ask(of, about, "after", last);
  return null;
}

function finish(about: Conversation): Conversation {
  about.history.caughtUp = true;
  about.history.anchor = null;
  about.history.live.clear();
  ++about.revision;
  return about;
}

/** The server refused: a message that it has forgotten, a room that we may not read. */
export function refused(of: Context, about: Conversation): Conversation | null {
  const request = about.history.request;
  about.history.request = null;
  if (request?.kind === "after") {
    ask(of, about, "latest", null);
    return null;
  }
  about.history.atStart = true;
  return request?.kind === "before" ? null : finish(about);
}
