import type {App} from "../app/app";
import type {Session} from "../chat/session";
import type {Conversation, Member} from "../chat/types";
import {t} from "../text/language";
import {Panel} from "./panel";
import {hueOf, Name} from "./rich_text";

const mostShown = 500;

/** Who is in the room: those with roles first. */
export function MembersPanel({app, session, about}: {app: App; session: Session; about: Conversation}) {
  const signs = session.features.roles().map((role) => role.sign);
  const rank = (member: Member) => (member.roles === "" ? signs.length : signs.indexOf(member.roles.charAt(0)));
  const all = [...about.members.values()].sort((left, right) => rank(left) - rank(right) || left.nick.localeCompare(right.nick));
  return (
    <Panel app={app} kind="members" title={t("rooms.members", all.length)}>
      <ul class="members">{all.slice(0, mostShown).map((member) => <MemberRow key={member.nick} app={app} session={session} room={about} member={member} />)}</ul>
      {all.length > mostShown && <p class="quiet">+{all.length - mostShown}</p>}
      <footer class="panel-foot">
        <button class="link" onClick={() => void app.copy(app.linkTo(about.name))}>{t("room.link")}</button>
        <button class="link" onClick={() => app.leave(about)}>{t("room.leave")}</button>
      </footer>
    </Panel>
  );
}

/** The role of somebody in a room, in words; "" for none. */
export function roleIn(session: Session, room: Conversation | undefined, nick: string): string {
  const roles = room?.members.get(session.features.fold(nick))?.roles ?? "";
  return roles.startsWith("@") ? t("members.operator") : roles.startsWith("+") ? t("members.voice") : "";
}

function MemberRow({app, session, room, member}: {app: App; session: Session; room: Conversation; member: Member}) {
  const about = [roleIn(session, room, member.nick), member.isAway ? t("members.away") : ""].filter((each) => each !== "").join(" · ");
  return (
    <li>
      <button class="member" aria-haspopup="dialog" onClick={() => app.openProfile(member.nick)} title={[member.realName, member.address].filter((each) => each !== "").join(" · ")}>
        <span class={`dot ${member.isAway ? "away" : ""}`} />
        <span class={`member-name hue-${hueOf(member.nick)}`}><Name of={member.nick} /></span>
        <span class="quiet">{about}</span>
      </button>
    </li>
  );
}
