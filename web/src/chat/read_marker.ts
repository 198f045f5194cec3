// Up to where a conversation is read: ircv3.net/specs/extensions/read-marker, so that it holds on every device.

import {type Line, timeOf} from "../irc/line";
import {type Context, findConversation} from "./context";
import {markRead} from "./conversation";
import type {Conversation} from "./types";

/** The user has seen everything that is loaded. Returns whether there was anything new. */
export function sawAll(of: Context, about: Conversation): boolean {
  const last = about.messages[about.messages.length - 1];
  if (!last || !markRead(about, last.time)) return false;
  if (of.has("draft/read-marker")) of.send("MARKREAD", [about.name, `timestamp=${new Date(last.time).toISOString()}`]);
  return true;
}

/** MARKREAD target timestamp=...: from another device, or what the server remembers; "*" if it does not. */
export function tookMarker(of: Context, line: Line): void {
  const about = findConversation(of, line.params[0] ?? "");
  const stamp = /^timestamp=(.+)$/.exec(line.params[1] ?? "")?.[1];
  if (!about || !stamp) return;
  const time = timeOf({...line, tags: new Map([["time", stamp]])}, 0);
  if (time > 0 && time <= of.now() + 86_400_000) markRead(about, time);
}

export function askMarker(of: Context, about: Conversation): void {
  if (of.has("draft/read-marker")) of.send("MARKREAD", [about.name]);
}
