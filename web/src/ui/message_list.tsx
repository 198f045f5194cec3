import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation, Message} from "../chat/types";
import {withoutFormatting} from "../chat/rich_text";
import {t} from "../text/language";
import {Icon} from "./icons";
import {MessageRow} from "./message_row";
import {DayRow, EventsRow, NewRow, PendingRow} from "./other_rows";
import {grown, moved, type Range, rangeAround, rangeAtEnd, type Row, rowsOf, windowSize, windowStep} from "./rows";

/** So near to an edge the window moves on, or earlier messages are fetched. */
const edge_px = 600;
const bottom_px = 40;

interface Props {
  app: App;
  session: Session;
  about: Conversation;
  /** Only messages with this in them are shown; "" shows all. */
  find: string;
}

/**
 * The messages, of which only a window is in the document. It follows the scrolling, and whenever rows come or go above,
 * the row that was at the top of the view stays where it was. Who is at the end stays there.
 */
export function MessageList({app, session, about, find}: Props) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const anchor = useRef<{key: string; top: number} | null>(null);
  const [range, setRange] = useState<Range | null>(null); // null: at the end, whatever comes
  const [size, setSize] = useState(windowSize); // of the window at the end
  const messages = find === "" ? about.messages : about.messages.filter((each) => each.kind !== "event" && withoutFormatting(each.text).toLowerCase().includes(find));
  const drawn = range ? {start: Math.min(range.start, messages.length), end: Math.min(range.end, messages.length)} : rangeAtEnd(messages.length, size);
  const isAll = drawn.end === messages.length;
  const rows = rowsOf(messages.slice(drawn.start, drawn.end), isAll && find === "" ? about.pending : [], messages[drawn.start - 1] ?? null, find === "" ? app.newLine : 0);

  useKeptIndex(messages, range, setRange);
  const show = (next: Range) => ((atEnd.current = false), setRange(next));
  useSteadyView(list, () => {
    const element = list.current;
    if (element && atEnd.current && isAll) element.scrollTop = element.scrollHeight;
    else if (element && anchor.current) restore(element, anchor.current);
  });
  useWantedMessage(app, about, messages, drawn, list, show);
  useReturn(app, about, messages, drawn, (next, to) => ((anchor.current = to), show(next)));
  useEffect(() => {
    if (isAll && atEnd.current && find === "") app.sawAll();
  });

  const scrolled = () => {
    const element = list.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = isAll && below < bottom_px;
    anchor.current = topRow(element);
    if (find === "" && app.returnTo === null) app.scrollPlace = atEnd.current || !anchor.current ? null : {conversation: about.key, ...anchor.current};
    if (atEnd.current) {
      if (range) setRange(null);
      app.sawAll();
    } else if (element.scrollTop < edge_px && drawn.start > 0) {
      setRange(moved(drawn, -windowStep, messages.length));
    } else if (below < edge_px && !isAll) {
      setRange(moved(drawn, windowStep, messages.length));
    } else if (!range) {
      setRange(drawn); // keeps what is looked at while more comes below
    }
    if (element.scrollTop < edge_px && drawn.start === 0 && find === "") session.fetchEarlier(about);
  };
  const grow = () => (range ? setRange(grown(drawn, messages.length)) : setSize(size + windowStep));
  const hasEarlier = drawn.start > 0 || (find === "" && !about.history.atStart && !about.history.request);
  useSettling(list, hasEarlier, !isAll, drawn.start > 0 || !isAll ? grow : null, scrolled);
  const toEnd = () => {
    atEnd.current = true;
    setRange(null);
    app.changed();
  };
  return (
    <div class="messages">
      <div class="message-scroll" ref={list} onScroll={scrolled} tabIndex={0} role="log" aria-label={t("messages.label")} aria-live={range ? "off" : "polite"}>
        {drawn.start === 0 && find === "" && <p class="list-start">{about.history.atStart ? t("messages.start", about.name) : about.history.request ? t("messages.loading") : ""}</p>}
        {find !== "" && messages.length === 0 && <p class="list-start">{t("room.search.none")}</p>}
        <ol>{rows.map((row) => <AnyRow key={row.key} row={row} app={app} session={session} about={about} find={find} />)}</ol>
      </div>
      {(range !== null && (!isAll || !atEnd.current)) && <button class="to-end" onClick={toEnd}><Icon name="down" />{t("messages.latest")}{about.unread > 0 && <span class="badge loud">{about.unread}</span>}</button>}
    </div>
  );
}

function AnyRow({row, app, session, about, find}: {row: Row} & Props) {
  switch (row.type) {
    case "day": return <DayRow time={row.time} />;
    case "new": return <NewRow />;
    case "events": return <EventsRow events={row.events} />;
    case "pending": return <PendingRow session={session} about={about} pending={row.pending} isFirst={row.isFirst} />;
    case "message": {
      const answered = row.message.replyTo === null ? null : (about.messages.find((each) => each.id === row.message.replyTo) ?? null);
      const isMarked = app.wantedMessage !== "" && row.message.id === app.wantedMessage;
      return <MessageRow app={app} session={session} about={about} message={row.message} isFirst={row.isFirst} answered={answered} isMarked={isMarked} find={find} />;
    }
  }
}

/** The first message in view, and how far it is from the top. */
function topRow(element: HTMLElement): {key: string; top: number} | null {
  const top = element.getBoundingClientRect().top;
  for (const row of element.querySelectorAll<HTMLElement>(".message[data-key]")) {
    const place = row.getBoundingClientRect();
    if (place.bottom > top) return {key: row.dataset["key"] ?? "", top: place.top - top};
  }
  return null;
}

function restore(element: HTMLElement, anchor: {key: string; top: number}): void {
  const row = element.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (!row) return;
  const shift = row.getBoundingClientRect().top - element.getBoundingClientRect().top - anchor.top;
  if (Math.abs(shift) >= 1) element.scrollTop += shift;
}

/** When older messages come in front the window holds on to the same messages. */
function useKeptIndex(messages: readonly Message[], range: Range | null, setRange: (range: Range) => void): void {
  const first = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const key = messages[0]?.key;
    if (range && first.current !== undefined && key !== first.current) {
      const shift = messages.findIndex((each) => each.key === first.current);
      if (shift > 0) setRange({start: range.start + shift, end: range.end + shift});
    }
    first.current = key;
  }, [messages[0]?.key]);
}

/** Calls `hold` after every drawing, and whenever a row gets another height, as by a picture that has come: before that is seen. */
function useSteadyView(list: {current: HTMLElement | null}, hold: () => void): void {
  const current = useRef(hold);
  current.current = hold;
  useLayoutEffect(hold);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const observer = new ResizeObserver(() => current.current());
    observer.observe(element);
    const rows = element.querySelector("ol");
    if (rows) observer.observe(rows);
    return () => observer.disconnect();
  }, []);
}

/** Goes to the message that the address names, once it is loaded. */
function useWantedMessage(app: App, about: Conversation, messages: readonly Message[], drawn: Range, list: {current: HTMLElement | null}, show: (range: Range) => void): void {
  const done = useRef("");
  useLayoutEffect(() => { // at once: what is drawn and what is loaded must be the same
    if (app.wantedMessage === "" || done.current === app.wantedMessage) return;
    const index = messages.findIndex((each) => each.id === app.wantedMessage);
    if (index < 0) {
      app.session?.fetchEarlier(about);
    } else if (index < drawn.start || index >= drawn.end) {
      show(rangeAround(index, messages.length));
    } else {
      done.current = app.wantedMessage;
      show(drawn);
      list.current?.querySelector(`[data-key="${CSS.escape(messages[index]?.key ?? "")}"]`)?.scrollIntoView({block: "center"});
    }
  });
}

/** Goes back to where the list was scrolled to before the page was reloaded, once that is loaded. */
function useReturn(app: App, about: Conversation, messages: readonly Message[], drawn: Range, show: (range: Range, anchor: {key: string; top: number}) => void): void {
  useLayoutEffect(() => {
    const to = app.returnTo;
    if (!to || !about.history.caughtUp) return;
    const index = to.conversation === about.key && app.wantedMessage === "" ? messages.findIndex((each) => each.key === to.key) : -1;
    if (index >= 0) {
      app.returnTo = null;
      show(index >= drawn.start && index < drawn.end ? drawn : rangeAround(index, messages.length), to);
    } else if (to.conversation !== about.key || about.history.atStart) {
      app.returnTo = null;
    } else {
      app.session?.fetchEarlier(about);
    }
  });
}

/**
 * After every drawing: a view that is near an edge moves on without waiting to be scrolled, for at the very top there is
 * nothing left to scroll. `grow`: makes the window larger; null if it holds everything. A window whose messages make too
 * few rows must grow: moved either way, it would only be near the other edge.
 */
function useSettling(list: {current: HTMLElement | null}, hasEarlier: boolean, hasLater: boolean, grow: (() => void) | null, scrolled: () => void): void {
  useEffect(() => {
    const element = list.current;
    if (!element || element.clientHeight === 0) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    const isShort = element.scrollHeight < element.clientHeight + 3 * edge_px;
    if (isShort && grow) grow();
    else if ((hasEarlier && element.scrollTop < edge_px) || (hasLater && below < edge_px)) scrolled();
  });
}
