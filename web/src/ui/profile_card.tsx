import type {ComponentChildren} from "preact";
import {useEffect, useRef} from "preact/hooks";

import type {App} from "../app/app";
import {writePlace} from "../app/place";
import type {Session} from "../chat/session";
import type {Conversation, Profile} from "../chat/types";
import {dateAndTime, span, t} from "../text/language";
import {roleIn} from "./members_panel";
import {hueOf, Name} from "./rich_text";

/** Who somebody is, with the way to write to them alone. It is over the page, and Escape closes it. */
export function ProfileCard({app, session, profile}: {app: App; session: Session; profile: Profile}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const isSelf = session.features.fold(profile.nick) === session.features.fold(session.state.nick);
  const leave = (name: string) => {
    dialog.current?.close();
    app.show(name);
  };
  return (
    <dialog ref={dialog} class="card" aria-labelledby="profile-name" onClose={() => (session.closeProfile(), app.changed())}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}>
      <div class="card-body">
        <h2 id="profile-name" class={`hue-${hueOf(profile.nick)}`}><Name of={profile.nick} /></h2>
        <div role="status">
          {profile.status === "asked" && <p class="quiet">{t("profile.asking")}</p>}
          {profile.status === "unknown" && <p class="quiet">{t("profile.unknown", profile.nick)}</p>}
        </div>
        <Facts profile={profile} role={roleIn(session, app.current, profile.nick)} />
        {profile.rooms.length > 0 && <Rooms profile={profile} session={session} go={leave} about={app.current} />}
        <p class="card-buttons">
          {!isSelf && <button class="primary" autofocus onClick={() => leave(profile.nick)}>{t("members.write", profile.nick)}</button>}
          <button class="secondary" autofocus={isSelf} onClick={() => dialog.current?.close()}>{t("close")}</button>
        </p>
      </div>
    </dialog>
  );
}

function Facts({profile, role}: {profile: Profile; role: string}) {
  return (
    <dl class="facts">
      <Fact name={t("profile.realName")} value={profile.realName === profile.nick ? "" : profile.realName} />
      <Fact name={t("profile.role")} value={[role, profile.isOperator ? t("profile.operator") : ""].filter((each) => each !== "").join(", ")} />
      <Fact name={t("profile.away")} value={profile.away ?? ""} />
      <Fact name={t("profile.account")} value={profile.account} />
      <Fact name={t("profile.idle")} value={profile.idle_s === null ? "" : span(profile.idle_s)} />
      <Fact name={t("profile.since")} value={profile.since === null ? "" : dateAndTime(profile.since)} />
      <Fact name={t("profile.address")} value={profile.address} />
    </dl>
  );
}

function Fact({name, value}: {name: string; value: ComponentChildren}) {
  if (value === "") return null;
  return <div><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>;
}

const mostShown = 20;

function Rooms({profile, session, go, about}: {profile: Profile; session: Session; go: (name: string) => void; about: Conversation | undefined}) {
  const names = profile.rooms.map((each) => each.slice(each.search(/[#&]/))).filter((name) => session.features.isRoom(name) && name !== about?.name);
  if (names.length === 0) return null;
  return (
    <p class="card-rooms">{t("profile.rooms")}{" "}
      {names.slice(0, mostShown).map((name) => (
        <a key={name} href={`/${writePlace(name)}`} onClick={(event) => (event.preventDefault(), go(name))}><Name of={name} /></a>
      ))}
      {names.length > mostShown && ` +${names.length - mostShown}`}
    </p>
  );
}
