import {useEffect, useState} from "preact/hooks";

import type {App} from "../app/app";
import {toRoom} from "../chat/nicks";
import type {Session} from "../chat/session";
import {writePlace} from "../app/place";
import {t} from "../text/language";
import {MenuButton} from "./conversation_header";
import {Name} from "./rich_text";

/** All rooms of the server, with a way to make another. */
export function RoomsView({app, session}: {app: App; session: Session}) {
  const [typed, setTyped] = useState("");
  useEffect(() => session.listRooms(), []);
  const {rooms} = session.state;
  const room = toRoom(typed);
  const submit = (event: Event) => {
    event.preventDefault();
    if (room !== "") app.show(room);
  };
  return (
    <section class="rooms" aria-label={t("rooms.title")}>
      <header class="bar"><MenuButton app={app} /><h1>{t("rooms.browse")}</h1></header>
      <div class="rooms-body">
        <form class="rooms-make" onSubmit={submit}>
          <input value={typed} onInput={(event) => setTyped(event.currentTarget.value)} placeholder={t("rooms.make.hint")} aria-label={t("rooms.make.hint")}
            autocapitalize="none" spellcheck={false} maxLength={64} dir="auto" />
          <button class="primary" type="submit" disabled={room === ""}>{t("rooms.make")}</button>
        </form>
        {rooms?.length === 0 && <p class="quiet">{t("rooms.none")}</p>}
        <ul class="room-cards">
          {rooms?.map((each) => (
            <li key={each.name}>
              <a class="room-card" href={writePlace(each.name)}>
                <strong><Name of={each.name} /></strong>
                <span class="quiet">{t("rooms.members", each.count)}</span>
                <span class="room-topic" dir="auto">{each.topic || t("rooms.noTopic")}</span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
