import {useState} from "preact/hooks";

import type {App} from "../app/app";
import {canNotify, isNotifying, setNotifying} from "../app/notifications";
import {writePlace} from "../app/place";
import type {Session} from "../chat/session";
import type {Conversation} from "../chat/types";
import {t} from "../text/language";
import {Icon, Logo} from "./icons";
import {LanguageSwitch} from "./join";
import {Name} from "./rich_text";

/** The list of conversations, and what belongs to the user. */
export function Sidebar({app, session}: {app: App; session: Session}) {
  const all = app.ordered();
  const rooms = all.filter((each) => each.kind === "room");
  const direct = all.filter((each) => each.kind === "direct");
  return (
    <nav class="sidebar" aria-label={t("sidebar.label")}>
      <header class="brand"><Logo /><bdi>{session.state.network || "leat"}</bdi></header>
      <div class="lists">
        <a class={`entry ${app.shown === "" ? "chosen" : ""}`} href="#" aria-current={app.shown === "" ? "page" : undefined}
          onClick={(event) => {
            event.preventDefault();
            app.show("");
          }}><Icon name="grid" /><span class="entry-name">{t("rooms.browse")}</span></a>
        <h2>{t("rooms.title")}</h2>
        <ul>{rooms.map((each) => <Entry key={each.key} app={app} about={each} />)}</ul>
        {direct.length > 0 && <h2>{t("sidebar.direct")}</h2>}
        <ul>{direct.map((each) => <Entry key={each.key} app={app} about={each} />)}</ul>
      </div>
      <Self app={app} session={session} />
    </nav>
  );
}

function Entry({app, about}: {app: App; about: Conversation}) {
  const isChosen = about.key === app.shown;
  const count = about.unread > 99 ? "99+" : String(about.unread);
  return (
    <li>
      <a class={`entry ${isChosen ? "chosen" : ""} ${about.unread > 0 ? "news" : ""} ${about.isJoined ? "" : "left"}`} href={writePlace(about.name)}
        aria-current={isChosen ? "page" : undefined}>
        <span class="entry-sign" aria-hidden="true">{about.kind === "room" ? "#" : "@"}</span>
        <span class="entry-name"><Name of={about.kind === "room" ? about.name.slice(1) : about.name} /></span>
        {about.unread > 0 && <span class={about.mentions > 0 || about.kind === "direct" ? "badge loud" : "badge"} aria-label={t("sidebar.unread", about.unread)}>{count}</span>}
      </a>
    </li>
  );
}

function Self({app, session}: {app: App; session: Session}) {
  const [isOpen, setOpen] = useState(false);
  const {nick, isAway} = session.state;
  const toggleNotifying = () => void setNotifying(!isNotifying()).then(() => app.changed());
  return (
    <footer class="self">
      <button class="self-name" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span class={`dot ${isAway ? "away" : ""}`} aria-hidden="true" />
        <Name of={nick} />
      </button>
      {isOpen && (
        <div class="self-menu">
          <button onClick={() => session.run({type: "away", reason: isAway ? "" : t("settings.away")})}>{t(isAway ? "settings.back" : "settings.away")}</button>
          {canNotify() && <button onClick={toggleNotifying}>{t(isNotifying() ? "settings.notifyOff" : "settings.notify")}</button>}
          <button onClick={() => ((app.isHelpOpen = true), app.changed())}>{t("help.title")}</button>
          <button onClick={() => app.signOut()}>{t("settings.leave")}</button>
          <LanguageSwitch app={app} />
        </div>
      )}
    </footer>
  );
}
