import {useEffect, useState} from "preact/hooks";

import type {App} from "../app/app";
import {t} from "../text/language";
import {ConversationView} from "./conversation";
import {FilesPanel} from "./files_panel";
import {HelpDialog} from "./help_dialog";
import {JoinView} from "./join";
import {MembersPanel} from "./members_panel";
import {closePanel} from "./panel";
import {ProfileCard} from "./profile_card";
import {RoomsView} from "./rooms";
import {Sidebar} from "./sidebar";
import {Notices, TroubleBanner} from "./trouble";

/** Everything: the way in, or the chat with its list of conversations and its panels. */
export function Page({app}: {app: App}) {
  const session = app.session;
  const isIn = session !== null && session.wasOnline;
  const isDragging = useFileDrop(app, isIn);
  useKeys(app);
  if (!isIn) return <JoinView app={app} />;
  const about = app.current;
  return (
    <div class={`chat ${app.isMenuOpen ? "menu-open" : ""}`}>
      <Sidebar app={app} session={session} />
      {app.isMenuOpen && <button class="shade" aria-label={t("close")} onClick={() => ((app.isMenuOpen = false), app.changed())} />}
      <main class="stage">
        <TroubleBanner app={app} session={session} />
        {about ? <ConversationView key={about.key} app={app} session={session} about={about} /> : <RoomsView app={app} session={session} />}
        <Notices app={app} session={session} />
      </main>
      {about && app.panel === "members" && about.kind === "room" && <MembersPanel app={app} session={session} about={about} />}
      {app.panel === "files" && <FilesPanel key={about?.key ?? ""} app={app} about={about} />}
      {app.isHelpOpen && <HelpDialog app={app} />}
      {session.state.profile && <ProfileCard app={app} session={session} profile={session.state.profile} />}
      {isDragging && <div class="drop-hint">{t("files.drop", about?.name ?? "/files")}</div>}
      <div class={`toast ${app.announcement === "" ? "" : "shown"}`} role="status">{app.announcement}</div>
    </div>
  );
}

/** Files dropped anywhere on the page go to the conversation that is shown. */
function useFileDrop(app: App, isIn: boolean): boolean {
  const [isDragging, setDragging] = useState(false);
  useEffect(() => {
    if (!isIn) return;
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => hasFiles(event) && setDragging(++depth > 0);
    const leave = (event: DragEvent) => hasFiles(event) && setDragging(--depth > 0);
    const over = (event: DragEvent) => hasFiles(event) && event.preventDefault();
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setDragging((depth = 0) > 0);
      sendFiles(app, event.dataTransfer?.files ?? []);
    };
    const listeners = {dragenter: enter, dragleave: leave, dragover: over, drop} as const;
    const all = Object.entries(listeners) as [string, (event: Event) => void][];
    all.forEach(([name, listener]) => addEventListener(name, listener));
    return () => all.forEach(([name, listener]) => removeEventListener(name, listener));
  }, [isIn]);
  return isDragging;
}

/** Uploads files to where the user is, and shows how that goes. */
export function sendFiles(app: App, files: Iterable<File>): void {
  app.uploads.add([...files], app.current?.name ?? "");
  app.panel = "files";
  app.changed();
}

function useKeys(app: App): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        app.step(event.key === "ArrowUp" ? -1 : 1);
      } else if (event.key === "Escape" && !event.isComposing && (app.isMenuOpen || app.isHelpOpen || app.replyTo)) {
        app.isMenuOpen = app.isHelpOpen = false;
        app.replyTo = null;
        app.changed();
      } else if (event.key === "Escape" && !event.defaultPrevented && app.panel && !document.querySelector("dialog[open]") &&
        (innerWidth < 1_000 || document.activeElement?.closest(".panel"))) {
        closePanel(app);
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
