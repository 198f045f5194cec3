// One IRC line, read and written: RFC 1459 section 2.3.1 with the tags of ircv3.net/specs/extensions/message-tags.
//
// Lines come from a server, and through it from strangers: whatever is not a line gives null, never an exception.

export interface Line {
  tags: ReadonlyMap<string, string>;
  /** Who it is from, as `nick!user@host` or a server's name; empty if the line does not say. */
  source: string;
  /** In upper case, or three digits. */
  command: string;
  params: readonly string[];
}

/** No line that a server may send is longer: 8191 bytes of tags and 512 of message, with room for laxer servers. */
export const longestLine = 16_384;
const mostTags = 128;

const escapes: Readonly<Record<string, string>> = {":": ";", s: " ", "\\": "\\", r: "\r", n: "\n"};
const escaped: Readonly<Record<string, string>> = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"};

/** A tag's value as the wire has it. A backslash before any other letter, or at the end, is dropped. */
export function unescapeTag(value: string): string {
  return value.replace(/\\(.?)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

export function escapeTag(value: string): string {
  return value.replace(/[; \\\r\n]/g, (letter) => escaped[letter] ?? "");
}

function parseTags(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const piece of text.split(";", mostTags)) {
    const equals = piece.indexOf("=");
    const key = equals < 0 ? piece : piece.slice(0, equals);
    if (key !== "") tags.set(key, equals < 0 ? "" : unescapeTag(piece.slice(equals + 1)));
  }
  return tags;
}

/** Reads a line without its line end (one may follow); null if it is none, or too long. */
export function parseLine(text: string): Line | null {
  if (text.length > longestLine) return null;
  let rest = text.replace(/[\r\n]+$/, "");
  if (/[\0\r\n]/.test(rest)) return null;
  let tags = new Map<string, string>();
  const takeWord = (): string => {
    const end = rest.indexOf(" ");
    const word = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? "" : rest.slice(end).replace(/^ +/, "");
    return word;
  };
  if (rest.startsWith("@")) tags = parseTags(takeWord().slice(1));
  const source = rest.startsWith(":") ? takeWord().slice(1) : "";
  const command = takeWord().toUpperCase();
  if (!/^([A-Z]+|[0-9]{3})$/.test(command)) return null;
  const params: string[] = [];
  while (rest !== "") {
    if (rest.startsWith(":")) {
      params.push(rest.slice(1));
      break;
    }
    params.push(takeWord());
  }
  return {tags, source, command, params};
}

/** Text that can stand in a line: what would end it is made a space. */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\0\r\n]+/g, " ");
}

/**
 * Writes a line, without its end. All params but the last must be words; the caller sees to it, and an exception
 * tells of one that did not.
 */
export function formatLine(command: string, params: readonly string[] = [], tags: Readonly<Record<string, string>> = {}): string {
  const pieces: string[] = [];
  const written = Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${escapeTag(value)}`));
  if (written.length > 0) pieces.push(`@${written.join(";")}`);
  pieces.push(command);
  params.forEach((param, index) => {
    const last = index === params.length - 1;
    const isWord = param !== "" && !param.startsWith(":") && !param.includes(" ");
    if (/[\0\r\n]/.test(param) || (!isWord && !last)) throw new Error(`not a parameter of ${command}: ${JSON.stringify(param)}`);
    pieces.push(isWord ? param : `:${param}`);
  });
  return pieces.join(" ");
}

/** The name that a source begins with: a nick, or a server's name. */
export function nickOf(source: string): string {
  const end = source.search(/[!@]/);
  return end < 0 ? source : source.slice(0, end);
}

/** When the server says that it was, in milliseconds since 1970; `now` if it does not, or not so that it can be read. */
export function timeOf(line: Line, now: number): number {
  const time = Date.parse(line.tags.get("time") ?? "");
  return Number.isFinite(time) ? time : now;
}
