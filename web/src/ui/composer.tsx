import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation} from "../chat/types";
import {t} from "../text/language";
import {apply, complete, type Completion} from "./completion";
import {Icon} from "./icons";
import {sendFiles} from "./page";
import {Name} from "./rich_text";

const mostRemembered = 100;
const longestText = 50_000;
/** What was written, the newest first, in whatever conversation. */
const written: string[] = [];

/** The line to write in. */
export function Composer({app, session, about}: {app: App; session: Session; about: Conversation}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const cursor = useRef<number | null>(null);
  const [text, setText] = useState(app.drafts.get(about.key) ?? "");
  const [recalled, setRecalled] = useState(-1);
  const [completion, setCompletion] = useState<(Completion & {chosen: number}) | null>(null);

  const change = (next: string, at: number | null = null) => {
    setText(next.slice(0, longestText));
    cursor.current = at;
    app.drafts.set(about.key, next);
  };
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 200)}px`;
    if (cursor.current !== null) element.setSelectionRange(cursor.current, cursor.current);
    cursor.current = null;
  }, [text]);
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);

  const offer = (isAsked: boolean) => {
    const element = field.current;
    const found = element && complete(element.value, element.selectionStart, namesIn(about, session), isAsked);
    setCompletion(found ? {...found, chosen: 0} : null);
    return found;
  };
  const take = (chosen: string) => {
    if (!completion) return;
    const done = apply(text, completion, chosen);
    change(done.text, done.cursor);
    setCompletion(null);
    field.current?.focus();
  };
  const submit = () => {
    const typed = text.trimEnd();
    if (!app.submit(typed)) return;
    written.unshift(typed);
    written.length = Math.min(written.length, mostRemembered);
    change("");
    setRecalled(-1);
    setCompletion(null);
  };
  const recall = (by: number): boolean => {
    const next = recalled + by;
    if (next < -1 || next >= written.length || (recalled < 0 && text !== "")) return false;
    setRecalled(next);
    const found = written[next] ?? "";
    change(found, found.length);
    return true;
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey) return; // a name that is being put together from keys is not sent
    if (completion && onCompletionKey(event, completion, take, setCompletion)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "Tab" && !event.shiftKey && text !== "") {
      const found = offer(true);
      if (!found) return;
      event.preventDefault();
      const [only, ...others] = found.candidates;
      if (only !== undefined && others.length === 0) {
        const done = apply(text, found, only);
        change(done.text, done.cursor);
        setCompletion(null);
      }
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !text.includes("\n")) {
      if (recall(event.key === "ArrowUp" ? 1 : -1)) event.preventDefault();
    }
  };
  const typed = (value: string) => {
    change(value);
    setRecalled(-1);
    offer(false);
    if (!value.startsWith("/")) session.isTyping(about, value !== "");
  };
  const pasted = (event: ClipboardEvent) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    sendFiles(app, [...files].map((file) => named(file, new Date())));
  };
  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), submit())}>
      {app.replyTo && (
        <div class="replying">
          <span>{t("composer.replying", app.replyTo.sender)}: <bdi>{app.replyTo.text.slice(0, 100)}</bdi></span>
          <button type="button" class="icon-button" aria-label={t("composer.cancel")} onClick={() => ((app.replyTo = null), app.changed())}><Icon name="close" /></button>
        </div>
      )}
      {completion && (
        <ul class="completion" role="listbox" id="completion" aria-label={t("members.title")}>
          {completion.candidates.map((name, index) => (
            <li key={name} id={`completion-${index}`} role="option" aria-selected={index === completion.chosen} onMouseDown={(event) => (event.preventDefault(), take(name))}><Name of={name} /></li>
          ))}
        </ul>
      )}
      <div class="composer-line">
        <FilesButton app={app} />
        <textarea id="composer" ref={field} rows={1} value={text} placeholder={t("composer.hint", about.name)} aria-label={t("composer.label", about.name)} dir="auto"
          aria-controls={completion ? "completion" : undefined} aria-activedescendant={completion ? `completion-${completion.chosen}` : undefined}
          enterkeyhint="send" onInput={(event) => typed(event.currentTarget.value)} onKeyDown={pressed} onPaste={pasted} onBlur={() => setCompletion(null)} />
        <button class="icon-button send" type="submit" aria-label={t("composer.send")} title={t("composer.send")} disabled={text.trim() === ""}><Icon name="send" /></button>
      </div>
    </form>
  );
}

/** Keys while names are offered. Returns whether one of them was pressed. */
function onCompletionKey(event: KeyboardEvent, completion: Completion & {chosen: number}, take: (name: string) => void,
  set: (completion: (Completion & {chosen: number}) | null) => void): boolean {
  const count = completion.candidates.length;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") set({...completion, chosen: (completion.chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count});
  else if (event.key === "Enter" || event.key === "Tab") take(completion.candidates[completion.chosen] ?? "");
  else if (event.key === "Escape") set(null);
  else return false;
  return true;
}

/** Those who spoke last come first: they are more likely meant. */
function namesIn(about: Conversation, session: Session): string[] {
  const nicks = [...about.members.values()].map((each) => each.nick).filter((nick) => nick !== session.state.nick);
  if (about.kind === "direct") nicks.push(about.name);
  const spoke = new Map(about.messages.slice(-200).map((each, index) => [each.sender, index]));
  return nicks.sort((left, right) => (spoke.get(right) ?? -1) - (spoke.get(left) ?? -1) || left.localeCompare(right));
}

/** What is pasted is called image.png by every browser; the time tells several apart. */
function named(file: File, now: Date): File {
  if (file.name !== "image.png") return file;
  const time = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
  return new File([file], `${t("files.pasted")} ${time}.png`, {type: file.type, lastModified: now.getTime()});
}

export function FilesButton({app}: {app: App}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="icon-button" aria-label={t("files.add")} title={t("files.add")} onClick={() => input.current?.click()}><Icon name="clip" /></button>
      <input ref={input} class="hidden" type="file" multiple tabIndex={-1} aria-hidden="true" onChange={(event) => {
        sendFiles(app, event.currentTarget.files ?? []);
        event.currentTarget.value = "";
      }} />
    </>
  );
}
