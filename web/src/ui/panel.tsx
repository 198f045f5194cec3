import type {ComponentChildren} from "preact";
import {useEffect, useRef} from "preact/hooks";

import type {App, Panel as Kind} from "../app/app";
import {t} from "../text/language";
import {Icon} from "./icons";

/** What stands beside a conversation, or over it where there is little room. Who opened it by a key is in it, and Escape closes it. */
export function Panel({app, kind, title, tools, children}: {app: App; kind: Exclude<Kind, null>; title: string; tools?: ComponentChildren; children: ComponentChildren}) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (app.isPanelWanted) panel.current?.focus();
    app.isPanelWanted = false;
  }, []);
  return (
    <aside ref={panel} class="panel" id={`panel-${kind}`} tabIndex={-1} aria-label={t(kind === "files" ? "files.title" : "members.title")}>
      <header class="bar"><h2>{title}</h2>{tools}
        <button class="icon-button" aria-label={t("close")} onClick={() => closePanel(app)}><Icon name="close" /></button>
      </header>
      {children}
    </aside>
  );
}

/** Closes the panel; who was in it is back at the button that opened it. */
export function closePanel(app: App): void {
  const wasIn = document.querySelector(".panel")?.contains(document.activeElement);
  const kind = app.panel;
  app.panel = null;
  app.changed();
  if (wasIn) document.getElementById(`toggle-${kind ?? ""}`)?.focus();
}
