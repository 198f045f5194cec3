// Whether those we talk with directly are there: ircv3.net/specs/extensions/monitor.

import {type Line, nickOf} from "../irc/line";
import {type Context, findConversation} from "./context";
import type {Conversation} from "./types";

const lineBytes = 400;

function canWatch(of: Context): boolean {
  return of.features.has("MONITOR") && of.state.phase === "online";
}

/** A new connection: whom to watch the server does not know any more. */
export function watchAll(of: Context): void {
  const direct = [...of.state.conversations.values()].filter((each) => each.kind === "direct");
  for (const each of direct) each.isPresent = null;
  if (!canWatch(of)) return;
  let names = "";
  for (const {name} of direct.slice(0, of.features.number("MONITOR", 100))) {
    if (names.length + name.length > lineBytes) {
      of.send("MONITOR", ["+", names]);
      names = "";
    }
    names += names === "" ? name : `,${name}`;
  }
  if (names !== "") of.send("MONITOR", ["+", names]);
}

export function watch(of: Context, about: Conversation): void {
  if (about.kind === "direct" && canWatch(of)) of.send("MONITOR", ["+", about.name]);
}

export function unwatch(of: Context, about: Conversation): void {
  if (about.kind === "direct" && canWatch(of)) of.send("MONITOR", ["-", about.name]);
}

/** RPL_MONONLINE (730) and RPL_MONOFFLINE (731): me :nick[!user@host],... */
export function told(of: Context, line: Line): void {
  for (const each of (line.params[1] ?? "").split(",")) {
    const about = each === "" ? undefined : findConversation(of, nickOf(each));
    if (about?.kind === "direct") about.isPresent = line.command === "730";
  }
}
