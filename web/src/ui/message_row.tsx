import {Component} from "preact";

import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation, Message} from "../chat/types";
import {parseOwnLink, parseShared} from "../files/shared";
import {fullTime, language, t, timeOfDay} from "../text/language";
import {FileCard} from "./file_card";
import {Icon} from "./icons";
import {hueOf, Name, RichText} from "./rich_text";

interface Props {
  app: App;
  session: Session;
  about: Conversation;
  message: Message;
  isFirst: boolean;
  /** The message that this one answers, if it is loaded. */
  answered: Message | null;
  isMarked: boolean;
  find: string;
}

/** One message. It is drawn again only when something about it has changed: a list has many. */
export class MessageRow extends Component<Props> {
  private drawnIn = "";

  override shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    return next.message !== now.message || next.isFirst !== now.isFirst || next.answered !== now.answered || next.isMarked !== now.isMarked ||
      next.find !== now.find || next.about !== now.about || this.drawnIn !== language();
  }

  override render() {
    const {about, app, message, isFirst, isMarked} = this.props;
    this.drawnIn = language();
    const classes = ["message", isFirst ? "first" : "", message.isMention ? "to-me" : "", isMarked ? "marked" : "", message.kind].filter((each) => each !== "").join(" ");
    const time = <time dateTime={new Date(message.time).toISOString()} title={fullTime(message.time)}>{timeOfDay(message.time)}</time>;
    return (
      <li class={classes} data-key={message.key} tabIndex={-1} /* a finger's tap shows what can be done with it */>
        {this.quote()}
        {isFirst && <div class="message-head">{this.sender()} {time}</div>}
        <div class="message-body">
          {!isFirst && <span class="side-time">{time}</span>}
          {this.content()}
        </div>
        {message.id !== null && (
          <div class="message-tools">
            <button class="icon-button" aria-label={t("messages.reply")} title={t("messages.reply")} onClick={() => {
              app.replyTo = message;
              app.changed();
              document.getElementById("composer")?.focus();
            }}><Icon name="reply" /></button>
            <button class="icon-button" aria-label={t("messages.copyLink")} title={t("messages.copyLink")} onClick={() => void app.copy(app.linkTo(about.name, message.id ?? ""))}><Icon name="link" /></button>
          </div>
        )}
      </li>
    );
  }

  /** A click tells who it is. For keys there is the list of members: this would be one more stop at every message. */
  private sender() {
    const {app, message} = this.props;
    return <strong><button class={`sender hue-${hueOf(message.sender)}`} tabIndex={-1} onClick={() => app.openProfile(message.sender)}><Name of={message.sender} /></button></strong>;
  }

  private quote() {
    const {answered, app, about, message} = this.props;
    if (message.replyTo === null) return null;
    if (!answered) return <button class="quote" onClick={() => app.show(about.name, message.replyTo ?? "")}>{t("messages.inReplyTo", t("messages.earlier"))}</button>;
    return (
      <button class="quote" onClick={() => app.show(about.name, answered.id ?? "")}>
        <Icon name="reply" /><strong><Name of={answered.sender} /></strong> <span dir="auto">{answered.text.slice(0, 200)}</span>
      </button>
    );
  }

  private content() {
    const {about, find, message, session} = this.props;
    const isFromServer = !about.members.has(session.features.fold(message.sender)) && message.kind !== "action";
    const shared = (isFromServer && about.kind === "room" ? parseShared(message.text) : null) ?? (message.kind === "text" ? parseOwnLink(message.text, location.origin) : null);
    if (shared) return <FileCard shared={shared} />;
    return (
      <p class="message-text" dir="auto">
        {message.kind === "action" && <><em><Name of={message.sender} /></em>{" "}</>}
        <RichText text={message.text} own={session.state.nick} find={find} isName={(word) => about.members.has(session.features.fold(word))} />
      </p>
    );
  }
}
