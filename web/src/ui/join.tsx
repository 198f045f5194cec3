import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";

import type {App} from "../app/app";
import {memory} from "../app/memory";
import {readPlace} from "../app/place";
import {toNick} from "../chat/nicks";
import {allLanguages, inWords, language, nameOf, setLanguage, t} from "../text/language";
import {Logo} from "./icons";
import {Name} from "./rich_text";

/** The way in: a name, and a button. */
export function JoinView({app}: {app: App}) {
  const state = app.session?.state;
  const isTaken = state?.phase === "nameTaken";
  const isTrying = state !== undefined && !isTaken && state.phase !== "offline";
  const [typed, setTyped] = useState(memory.nick);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (!isTaken || !state) return;
    setTyped(state.offeredNick);
    field.current?.focus();
  }, [isTaken, state?.offeredNick]);
  useEffect(() => field.current?.focus(), []);
  const nick = toNick(typed);
  const {name} = readPlace(location.hash);
  const submit = (event: Event) => {
    event.preventDefault();
    if (nick !== "") app.join(nick);
  };
  const notice = state?.notices[state.notices.length - 1];
  return (
    <main class="join">
      <form class="join-card" onSubmit={submit}>
        <Logo />
        <h1>{t("join.title")}</h1>
        {name !== "" && <p class="quiet">{t("join.room", name)}</p>}
        <label for="nick">{t("join.nick")}</label>
        <input id="nick" ref={field} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} autocomplete="nickname" autocapitalize="none"
          spellcheck={false} maxLength={64} dir="auto" aria-describedby="nick-hint" disabled={isTrying} />
        <p id="nick-hint" class={isTaken ? "wrong" : "quiet"} role="status">
          {isTaken && state.nickTrouble ? t("join.taken", inWords(state.nickTrouble), state.offeredNick)
            : isTrying ? (state.phase === "waiting" ? t("join.unreachable") : t("join.connecting")) : t("join.nick.hint")}
        </p>
        {notice && <p class="wrong" role="alert">{inWords(notice.words)}</p>}
        <button class="primary" type="submit" disabled={nick === "" || isTrying}>{t("join.go")}{nick !== "" && nick !== typed.trim() && <> · <Name of={nick} /></>}</button>
        <LanguageSwitch app={app} />
      </form>
    </main>
  );
}

export function LanguageSwitch({app}: {app: App}) {
  return (
    <div class="languages" role="group" aria-label={t("join.language")}>
      {allLanguages.map((each) => (
        <button key={each} type="button" class="link" aria-pressed={language() === each} lang={each === "zh" ? "zh-CN" : each}
          onClick={() => {
            setLanguage(each);
            memory.language = each;
            app.changed();
          }}>{nameOf(each)}</button>
      ))}
    </div>
  );
}
