// From a line to what is shown of it: the same for a line that happens now and for one out of the history.

import {type Line, nickOf, timeOf} from "../irc/line";
import type {Context} from "./context";
import {isSelf} from "./context";
import {mentions, withoutFormatting} from "./rich_text";
import type {EventType, Message, MessageKind} from "./types";

const eventTypes: Readonly<Record<string, EventType>> = {
  JOIN: "join", PART: "part", QUIT: "quit", KICK: "kick", NICK: "nick", TOPIC: "topic", MODE: "mode", INVITE: "invite",
};

let unnamed = 0;

/** Where a message belongs: the room, or who is at the other end. */
export function targetOf(of: Context, line: Line): string {
  const sender = nickOf(line.source);
  const target = (line.params[0] ?? "").replace(/^[@+%&~!]+(?=[#&])/, "");
  return of.features.isRoom(target) || isSelf(of, sender) ? target : sender;
}

/** The message that a line is; null if it shows nothing. `nick` is our own at that time. */
export function messageOf(of: Context, line: Line): Message | null {
  const sender = nickOf(line.source);
  if (sender === "") return null;
  if (line.command === "PRIVMSG" || line.command === "NOTICE") return spoken(of, line, sender);
  const type = eventTypes[line.command];
  return type ? happened(of, line, sender, type) : null;
}

function spoken(of: Context, line: Line, sender: string): Message | null {
  let text = line.params[1] ?? "";
  let kind: MessageKind = line.command === "NOTICE" ? "notice" : "text";
  const asked = /^\x01([A-Z]+) ?(.*?)\x01?$/s.exec(text);
  if (asked) {
    if (asked[1] !== "ACTION") return null;
    kind = "action";
    text = asked[2] ?? "";
  }
  if (withoutFormatting(text).trim() === "") return null;
  const isOwn = isSelf(of, sender) || isAboutOwnFile(of, line, sender, text);
  return {
    ...identity(of, line, `${sender}/${text}`), kind, sender, text, replyTo: line.tags.get("+reply") ?? line.tags.get("+draft/reply") ?? null,
    event: null, subject: null, twin: null, isOwn, isMention: !isOwn && kind !== "notice" && mentions(text, of.state.nick),
  };
}

/** The server tells a room of a file of ours: that is no news to us, and nobody calls us. */
function isAboutOwnFile(of: Context, line: Line, sender: string, text: string): boolean {
  return line.source === `${sender}!files@${sender}` && text.startsWith(`${of.state.nick} shared `);
}

function happened(of: Context, line: Line, sender: string, type: EventType): Message | null {
  const [first = "", second = "", third = ""] = line.params;
  let text = "";
  let subject: string | null = null;
  switch (type) {
    case "join": break;
    case "quit": text = first; break;
    case "nick": text = first; break;
    case "part": case "topic": text = second; break;
    case "kick": subject = second; text = third; break;
    case "mode": text = line.params.slice(1).join(" "); break;
    case "invite": subject = first; text = second; break;
  }
  if (subject === "" || (type === "nick" && text === "")) return null;
  // One line tells many rooms of a QUIT or a NICK, and so has no id; out of a room's history it has one.
  const told = type === "quit" || type === "nick" ? "" : `${subject ?? ""}/${text}`;
  const known = identity(of, line, `${type}/${sender}/${told}`);
  return {
    ...known, kind: "event", sender, text, replyTo: null, event: type, subject, isOwn: isSelf(of, sender), isMention: false,
    twin: line.tags.has("time") ? `at/${known.time}/${type}/${sender}/${told}` : null,
  };
}

/** A message of our own that a server without echoes will never show us. */
export function ownMessage(of: Context, kind: "text" | "action", text: string, replyTo: string | null): Message {
  return {
    key: `no/${++unnamed}`, id: null, time: of.now(), kind, sender: of.state.nick, text, replyTo, event: null, subject: null, isOwn: true,
    isMention: false, twin: null,
  };
}

/** By what it is told from others, and found again when it comes once more. */
function identity(of: Context, line: Line, content: string): {key: string; id: string | null; time: number} {
  const id = line.tags.get("msgid") || null;
  const time = timeOf(line, of.now());
  if (id) return {key: `id/${id}`, id, time};
  return {key: line.tags.has("time") ? `at/${time}/${content}` : `no/${++unnamed}`, id, time};
}
