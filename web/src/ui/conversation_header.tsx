import type {App, Panel} from "../app/app";
import type {Conversation} from "../chat/types";
import {t} from "../text/language";
import {Icon} from "./icons";
import {Name, RichText} from "./rich_text";

export function MenuButton({app}: {app: App}) {
  return (
    <button class="icon-button menu-button" aria-label={t("sidebar.menu")} aria-expanded={app.isMenuOpen}
      onClick={() => ((app.isMenuOpen = !app.isMenuOpen), app.changed())}><Icon name="menu" /></button>
  );
}

/** The name and topic of a conversation, and what can be done with it. */
export function ConversationHeader({app, about, onSearch, isSearching}: {app: App; about: Conversation; onSearch: () => void; isSearching: boolean}) {
  const toggle = (panel: Panel) => (event: MouseEvent) => {
    app.panel = app.panel === panel ? null : panel;
    app.isPanelWanted = event.detail === 0; // by a key
    app.changed();
  };
  const isRoom = about.kind === "room";
  return (
    <header class="bar">
      <MenuButton app={app} />
      <div class="bar-title">
        <h1><Name of={about.name} /></h1>
        {isRoom && <p class="topic" dir="auto" title={about.topic}>{about.topic === "" ? t("room.topic.none") : <RichText text={about.topic} isName={() => false} own="" find="" />}</p>}
        {!isRoom && about.isPresent !== null && <p class="topic">{t(about.isPresent ? "presence.here" : "presence.gone")}</p>}
      </div>
      <button class="icon-button" aria-label={t("room.search")} title={t("room.search")} aria-pressed={isSearching} onClick={onSearch}><Icon name="search" /></button>
      {isRoom && <button class="icon-button narrow-hidden" aria-label={t("room.link")} title={t("room.link")} onClick={() => void app.copy(app.linkTo(about.name))}><Icon name="link" /></button>}
      {!isRoom && <button class="icon-button" aria-label={t("profile.title", about.name)} title={t("profile.title", about.name)} aria-haspopup="dialog" onClick={() => app.openProfile(about.name)}><Icon name="people" /></button>}
      <button id="toggle-files" class="icon-button" aria-label={t("files.title")} title={t("files.title")} aria-pressed={app.panel === "files"} onClick={toggle("files")}><Icon name="file" /></button>
      {isRoom && (
        <button id="toggle-members" class="icon-button counted" aria-label={t("rooms.members", about.members.size)} title={t("members.title")} aria-pressed={app.panel === "members"} onClick={toggle("members")}>
          <Icon name="people" /><span aria-hidden="true">{about.members.size}</span>
        </button>
      )}
      <button class={`icon-button ${isRoom ? "narrow-hidden" : ""}`} aria-label={t(isRoom ? "room.leave" : "room.close")} title={t(isRoom ? "room.leave" : "room.close")} onClick={() => app.leave(about)}>
        <Icon name={isRoom ? "leave" : "close"} />
      </button>
    </header>
  );
}
