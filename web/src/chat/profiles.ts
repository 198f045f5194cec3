// Who somebody is, as WHOIS tells: one profile at a time, put together from the lines of the answer.
// modern.ircdocs.horse/#rplwhoisuser-311 and those behind it.

import {type Line} from "../irc/line";
import type {Context} from "./context";
import {withoutFormatting} from "./rich_text";
import type {Profile} from "./types";

const mostRooms = 100;

function newProfile(nick: string): Profile {
  return {nick, status: "asked", realName: "", address: "", account: "", away: null, rooms: [], idle_s: null, since: null, asked: 0, isOperator: false};
}

/** Asks who somebody is; from then on `state.profile` is about them. */
export function ask(of: Context, nick: string): void {
  of.state.profile = {...newProfile(nick), asked: of.now()};
  if (of.state.phase === "online") of.send("WHOIS", [nick]);
  else of.state.profile.status = "unknown";
}

/** Takes a line of the answer. False if it is about nobody who was asked for. */
export function took(of: Context, line: Line): boolean {
  const profile = of.state.profile;
  const [, nick = "", ...rest] = line.params;
  if (!profile || profile.status !== "asked" || of.features.fold(nick) !== of.features.fold(profile.nick)) return false;
  take(profile, line.command, rest.map(withoutFormatting), nick, of.now());
  return true;
}

function take(profile: Profile, command: string, rest: readonly string[], nick: string, now: number): void {
  const [first = "", second = ""] = rest;
  const last = rest[rest.length - 1] ?? "";
  switch (command) {
    case "311":
      profile.nick = nick;
      profile.address = `${first}@${second}`;
      profile.realName = last;
      return;
    case "301": profile.away = last; return;
    case "313": profile.isOperator = true; return;
    case "317":
      profile.idle_s = seconds(first);
      profile.since = seconds(second) === null ? null : Math.min(now, Number(second) * 1_000);
      return;
    case "319": profile.rooms.push(...last.split(" ").filter((each) => each !== "").slice(0, mostRooms - profile.rooms.length)); return;
    case "330": profile.account = first; return;
    case "318": profile.status = profile.address === "" ? "unknown" : "known"; return;
    case "401": profile.status = "unknown"; return;
  }
}

function seconds(text: string): number | null {
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}
