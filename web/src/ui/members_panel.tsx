import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation, Member} from "../chat/types";
import {t} from "../text/language";
import {Icon} from "./icons";
import {hueOf, Name} from "./rich_text";

const mostShown = 500;

/** Who is in the room: those with roles first. */
export function MembersPanel({app, session, about}: {app: App; session: Session; about: Conversation}) {
  const signs = session.features.roles().map((role) => role.sign);
  const rank = (member: Member) => (member.roles === "" ? signs.length : signs.indexOf(member.roles.charAt(0)));
  const all = [...about.members.values()].sort((left, right) => rank(left) - rank(right) || left.nick.localeCompare(right.nick));
  return (
    <aside class="panel" aria-label={t("members.title")}>
      <header class="bar"><h2>{t("rooms.members", all.length)}</h2><ClosePanel app={app} /></header>
      <ul class="members">{all.slice(0, mostShown).map((member) => <MemberRow key={member.nick} app={app} session={session} member={member} />)}</ul>
      {all.length > mostShown && <p class="quiet">+{all.length - mostShown}</p>}
      <footer class="panel-foot">
        <button class="link" onClick={() => void app.copy(app.linkTo(about.name))}>{t("room.link")}</button>
        <button class="link" onClick={() => app.leave(about)}>{t("room.leave")}</button>
      </footer>
    </aside>
  );
}

function MemberRow({app, session, member}: {app: App; session: Session; member: Member}) {
  const isSelf = session.features.fold(member.nick) === session.features.fold(session.state.nick);
  const role = member.roles.startsWith("@") ? t("members.operator") : member.roles.startsWith("+") ? t("members.voice") : "";
  const about = [role, member.isAway ? t("members.away") : ""].filter((each) => each !== "").join(" · ");
  const label = [member.nick, about].filter((each) => each !== "").join(", ");
  return (
    <li>
      <button class="member" disabled={isSelf} onClick={() => app.show(member.nick)} aria-label={isSelf ? label : `${label} — ${t("members.write", member.nick)}`}
        title={[member.realName, member.address].filter((each) => each !== "").join(" · ")}>
        <span class={`dot ${member.isAway ? "away" : ""}`} />
        <span class={`member-name hue-${hueOf(member.nick)}`}><Name of={member.nick} /></span>
        <span class="quiet">{about}</span>
      </button>
    </li>
  );
}

export function ClosePanel({app}: {app: App}) {
  return <button class="icon-button" aria-label={t("close")} onClick={() => ((app.panel = null), app.changed())}><Icon name="close" /></button>;
}
