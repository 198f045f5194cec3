import type {Session} from "../chat/session";
import type {Conversation, Message, Pending} from "../chat/types";
import {day, inWords, t} from "../text/language";
import type {TextKey} from "../text/en";
import {hueOf, Name} from "./rich_text";
import {lasting} from "./rows";

export function DayRow({time}: {time: number}) {
  return <li><div class="day" role="separator"><span>{day(time, Date.now())}</span></div></li>;
}

export function NewRow() {
  return <li data-key="new"><div class="new-line" role="separator"><span>{t("messages.new")}</span></div></li>;
}

const mostNamed = 5;

/** Comings and goings, and what else happened, in few words. */
export function EventsRow({events}: {events: Message[]}) {
  const texts = lasting(events).map((event) => {
    const subject = event.subject ?? event.text;
    return t(`event.${event.event ?? "join"}` as TextKey, event.sender, subject);
  });
  if (texts.length === 0) return null;
  const shown = texts.slice(0, mostNamed).join(" · ");
  return <li class="events" data-key={`events/${events[0]?.key ?? ""}`}><bdi>{texts.length > mostNamed ? `${shown} · +${texts.length - mostNamed}` : shown}</bdi></li>;
}

/** A message of our own that is not confirmed yet, or was refused. */
export function PendingRow({session, about, pending, isFirst}: {session: Session; about: Conversation; pending: Pending; isFirst: boolean}) {
  const isFailed = pending.status === "failed";
  return (
    <li class={`message pending ${isFirst ? "first" : ""} ${isFailed ? "failed" : ""}`} data-key={pending.key}>
      {isFirst && <div class="message-head"><strong class={`hue-${hueOf(session.state.nick)}`}><Name of={session.state.nick} /></strong></div>}
      <div class="message-body">
        <p class="message-text" dir="auto">{pending.kind === "action" && <em><Name of={session.state.nick} /> </em>}{pending.text}</p>
        {isFailed ? (
          <p class="wrong" role="alert">
            {t("messages.failed", pending.reason ? inWords(pending.reason) : "")}{" "}
            <button class="link" onClick={() => session.retry(about, pending.key)}>{t("messages.retry")}</button>{" "}
            <button class="link" onClick={() => session.discard(about, pending.key)}>{t("messages.discard")}</button>
          </p>
        ) : (
          <span class="pending-mark">{t(pending.status === "sent" ? "messages.pending" : "messages.waiting")}</span>
        )}
      </div>
    </li>
  );
}
