// What the user typed: text to send, or a command.

export type Action =
  | {type: "say" | "act"; target: string; text: string}
  | {type: "join"; room: string; key: string}
  | {type: "part"; room: string; reason: string}
  | {type: "topic"; room: string; topic: string | null}
  | {type: "nick"; nick: string}
  | {type: "open"; name: string}
  | {type: "kick"; room: string; nick: string; reason: string}
  | {type: "invite"; room: string; nick: string}
  | {type: "away"; reason: string}
  | {type: "whois"; nick: string}
  | {type: "help"}
  | {type: "wrong"; key: string; values: string[]};

/** The commands, for /help and for completion: each has a text `help.NAME`. */
export const commandNames = ["me", "msg", "query", "join", "part", "topic", "nick", "kick", "invite", "away", "back", "whois", "help"] as const;

const isRoom = (name: string) => name.startsWith("#");
const needs = (command: string): Action => ({type: "wrong", key: "input.needs", values: [command]});
const needsRoom = (command: string): Action => ({type: "wrong", key: "input.onlyInRoom", values: [command]});

type Handler = (rest: string, here: string) => Action;

function firstWord(text: string): [string, string] {
  const found = /^(\S+)\s*([\s\S]*)$/.exec(text);
  return [found?.[1] ?? "", found?.[2] ?? ""];
}

/** For commands whose room may be left out where one is open. */
function withRoom(command: string, rest: string, here: string, then: (room: string, rest: string) => Action): Action {
  const [first, behind] = firstWord(rest);
  if (isRoom(first)) return then(first, behind);
  return isRoom(here) ? then(here, rest) : needsRoom(command);
}

const handlers: Readonly<Record<(typeof commandNames)[number], Handler>> = {
  me: (rest, here) => (rest === "" ? needs("me") : {type: "act", target: here, text: rest}),
  msg: (rest) => {
    const [target, text] = firstWord(rest);
    return target === "" || text === "" ? needs("msg") : {type: "say", target, text};
  },
  query: (rest) => (rest === "" ? needs("query") : {type: "open", name: firstWord(rest)[0]}),
  join: (rest) => {
    const [room, key] = firstWord(rest);
    if (room === "") return needs("join");
    return {type: "join", room: isRoom(room) ? room : `#${room}`, key: firstWord(key)[0]};
  },
  part: (rest, here) => withRoom("part", rest, here, (room, reason) => ({type: "part", room, reason})),
  topic: (rest, here) => withRoom("topic", rest, here, (room, topic) => ({type: "topic", room, topic: topic === "" ? null : topic})),
  nick: (rest) => (rest === "" ? needs("nick") : {type: "nick", nick: firstWord(rest)[0]}),
  kick: (rest, here) => withRoom("kick", rest, here, (room, behind) => {
    const [nick, reason] = firstWord(behind);
    return nick === "" ? needs("kick") : {type: "kick", room, nick, reason};
  }),
  invite: (rest, here) => {
    const [nick, room] = firstWord(rest);
    if (nick === "") return needs("invite");
    return isRoom(room) ? {type: "invite", nick, room: firstWord(room)[0]} : isRoom(here) ? {type: "invite", nick, room: here} : needsRoom("invite");
  },
  away: (rest) => ({type: "away", reason: rest === "" ? "away" : rest}),
  back: () => ({type: "away", reason: ""}),
  whois: (rest) => (rest === "" ? needs("whois") : {type: "whois", nick: firstWord(rest)[0]}),
  help: () => ({type: "help"}),
};

/** What to do with what was typed in the conversation `here` ("": in none). Null: nothing was typed. */
export function parseInput(typed: string, here: string): Action | null {
  if (typed.trim() === "") return null;
  if (!typed.startsWith("/") || /^\/\S*\//.test(typed)) { // a path such as /etc/hosts is text
    return here === "" ? {type: "wrong", key: "input.nowhere", values: []} : {type: "say", target: here, text: typed.replace(/^\/\//, "/")};
  }
  const [name, rest] = firstWord(typed.slice(1));
  const known = commandNames.find((each) => each === name.toLowerCase());
  if (!known) return {type: "wrong", key: "input.unknown", values: [name]};
  if (known === "me" && here === "") return {type: "wrong", key: "input.nowhere", values: []};
  return handlers[known](rest.trimEnd(), here);
}
