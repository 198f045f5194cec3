import {useEffect, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Session} from "../chat/session";
import {inWords, t} from "../text/language";
import {Icon} from "./icons";

/** Says that the connection is lost, and when it is tried again. */
export function TroubleBanner({app, session}: {app: App; session: Session}) {
  const {phase} = session.state;
  const [, tick] = useState(0);
  const isWaiting = phase === "waiting";
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  if (phase === "online" || phase === "offline") return null;
  const seconds = Math.max(0, Math.ceil((app.connection.retryAt - performance.now()) / 1_000));
  return (
    <div class="trouble" role="status">
      <span>{isWaiting ? t("trouble.waiting", seconds) : t("trouble.connecting")}</span>
      {isWaiting && <button class="link" onClick={() => app.connection.retryNow()}>{t("trouble.now")}</button>}
    </div>
  );
}

const shown = 3;
const shown_ms = 12_000;

/** What the server and the page have to say; it goes by itself after a while. */
export function Notices({app, session}: {app: App; session: Session}) {
  const notices = session.state.notices.slice(-shown);
  const newest = notices[notices.length - 1]?.id ?? 0;
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const notice of session.state.notices) if (notice.id <= newest) session.dismiss(notice.id);
      app.changed();
    }, shown_ms);
    return () => clearTimeout(timer);
  }, [newest]);
  return (
    <div class="notices" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} class={notice.isError ? "notice wrong" : "notice"}>
          <span dir="auto">{inWords(notice.words)}</span>
          {notice.words.key === "invited" && <button class="link" onClick={() => app.show(notice.words.values[1] ?? "")}>{t("join.go")}</button>}
          <button class="icon-button" aria-label={t("close")} onClick={() => (session.dismiss(notice.id), app.changed())}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
