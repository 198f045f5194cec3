// Numerics and standard replies in words: which text of the page tells what the server means, and what to fill in.

import type {Line} from "../irc/line";
import {withoutFormatting} from "./rich_text";
import type {Words} from "./types";

/** Numeric: the text's name. The values are the parameters between our nick and the sentence. */
const numerics: Readonly<Record<string, string>> = {
  "401": "error.noSuchNick", "403": "error.noSuchRoom", "404": "error.cannotSend", "405": "error.tooManyRooms",
  "407": "error.tooManyTargets", "412": "error.nothingToSend", "417": "error.tooLong", "421": "error.unknownCommand",
  "432": "error.badNick", "433": "error.nickTaken", "436": "error.nickTaken", "437": "error.unavailable",
  "441": "error.notThere", "442": "error.notInRoom", "443": "error.alreadyThere", "451": "error.notRegistered",
  "461": "error.needMore", "465": "error.banned", "464": "error.wrongPassword", "471": "error.roomFull", "473": "error.inviteOnly",
  "474": "error.bannedFromRoom", "475": "error.wrongKey", "476": "error.badRoom", "482": "error.notOperator",
};

const standard: Readonly<Record<string, string>> = {
  INVALID_UTF8: "error.utf8", MESSAGE_TOO_LONG: "error.tooLong", RATE_LIMITED: "error.tooFast", NEED_REGISTRATION: "error.notRegistered",
  ACCOUNT_REQUIRED: "error.accountRequired", CANNOT_SEND: "error.cannotSend", INVALID_TARGET: "error.noSuchNick",
};

/** Numerics of 4xx and 5xx that are no trouble: a missing message of the day, for one. */
const harmless = new Set(["422", "406", "409"]);

export function isErrorNumeric(command: string): boolean {
  return /^[45]\d\d$/.test(command) && !harmless.has(command);
}

/** What an error numeric says. */
export function wordsOfNumeric(line: Line): Words {
  const values = line.params.slice(1, -1).map(withoutFormatting);
  return {key: numerics[line.command] ?? "error.other", values, said: lastOf(line)};
}

/** What a FAIL, WARN or NOTE says (ircv3.net/specs/extensions/standard-replies): COMMAND CODE [CONTEXT...] :sentence. */
export function wordsOfStandardReply(line: Line): Words {
  const [, code = "", ...context] = line.params.slice(0, -1).map(withoutFormatting);
  return {key: standard[code] ?? "error.other", values: context, said: lastOf(line)};
}

/** The words that a server ends a connection with. */
export function wordsOfError(line: Line): Words {
  return {key: "error.closed", values: [lastOf(line)], said: lastOf(line)};
}

function lastOf(line: Line): string {
  return withoutFormatting(line.params[line.params.length - 1] ?? "");
}
