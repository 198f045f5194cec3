import {useEffect, useRef, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation} from "../chat/types";
import {t} from "../text/language";
import {Composer} from "./composer";
import {ConversationHeader} from "./conversation_header";
import {MessageList} from "./message_list";
import {Name} from "./rich_text";

/** One conversation: its header, its messages and the line to write in. */
export function ConversationView({app, session, about}: {app: App; session: Session; about: Conversation}) {
  const [find, setFind] = useState<string | null>(null);
  // Who is on the way back in goes on writing: the line must not go away under the fingers.
  const isOut = about.kind === "room" && !about.isJoined && session.state.phase === "online" && !session.wantedRooms.has(about.key);
  return (
    <section class="conversation" aria-label={about.name}>
      <ConversationHeader app={app} about={about} isSearching={find !== null} onSearch={() => setFind(find === null ? "" : null)} />
      {find !== null && (
        <FindField value={find} change={setFind} />
      )}
      <MessageList app={app} session={session} about={about} find={(find ?? "").trim().toLowerCase()} />
      <TypingLine about={about} />
      {isOut ? (
        <p class="out">{t("room.notThere")} <button class="link" onClick={() => session.join(about.name)}>{t("room.rejoin")}</button></p>
      ) : (
        <Composer app={app} session={session} about={about} />
      )}
    </section>
  );
}

function FindField({value, change}: {value: string; change: (value: string | null) => void}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <input class="find" type="search" ref={field} value={value} placeholder={t("room.search.hint")} aria-label={t("room.search.hint")} dir="auto"
      onInput={(event) => change(event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && change(null)} />
  );
}

function TypingLine({about}: {about: Conversation}) {
  const [first = "", second = "", ...more] = about.typing.keys();
  const text = first === "" ? "" : more.length > 0 ? t("typing.many") : second === "" ? t("typing.one", first) : t("typing.two", first, second);
  return <p class="typing" aria-live="polite">{text === "" ? "" : <Name of={text} />}</p>;
}
