// What a message's text is made of, as data: plain text, links, mentions, rooms, code. Nothing here is ever markup; the
// page makes elements of the pieces, whose text stays text.

export type Piece =
  | {type: "text" | "code" | "room" | "mention"; text: string}
  | {type: "link"; text: string; href: string};

const longestLink = 2_000;
/** Colours and the like of old IRC clients: \x03 with up to two numbers, \x04 with up to two hex colours, single marks. */
const formatting = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
/** Letters that turn the direction of what follows, and so can make a link look like another. */
const turning = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/;

const candidates = /`([^`\n]{1,1000})`|https?:\/\/[^\s<>"`]{1,2000}|(?<![\p{L}\p{N}_/&#])#[^\s,:;.!?()<>"'`]{1,63}|[\p{L}\p{N}_\-[\]\\^{}|]+/giu;

export function withoutFormatting(text: string): string {
  return text.replace(formatting, "");
}

/** The address without what more likely belongs to the sentence around it. */
function trimLink(text: string): string {
  let link = text.replace(/[.,;:!?'*_~]+$/, "");
  for (const [opening, closing] of ["()", "[]", "{}"].map((pair) => [...pair] as [string, string])) {
    while (link.endsWith(closing) && link.split(closing).length > link.split(opening).length) {
      link = link.slice(0, -1).replace(/[.,;:!?'*_~]+$/, "");
    }
  }
  return link;
}

/** The address to open for a link as written; null if it is none that may be opened. */
export function safeHref(text: string): string | null {
  if (text.length > longestLink || turning.test(text)) return null;
  try {
    const url = new URL(text);
    const isWeb = url.protocol === "http:" || url.protocol === "https:";
    // Who reads `https://bank.example@evil.example/` takes it for the bank's.
    return isWeb && url.username === "" && url.password === "" && url.hostname !== "" ? url.href : null;
  } catch {
    return null;
  }
}

/** Whether `text` speaks to the bearer of `nick`: the whole name, in any case, not as a part of a word. */
export function mentions(text: string, nick: string): boolean {
  if (nick === "") return false;
  const wanted = nick.toLowerCase();
  return pieces(text, (name) => name.toLowerCase() === wanted).some((piece) => piece.type === "mention");
}

/** The pieces of a message. `isName` says which words are names of people. */
export function pieces(text: string, isName: (word: string) => boolean = () => false): Piece[] {
  const plain = withoutFormatting(text);
  const found: Piece[] = [];
  let end = 0;
  const add = (start: number, length: number, piece: Piece) => {
    if (start > end) addText(found, plain.slice(end, start));
    found.push(piece);
    end = start + length;
  };
  for (const match of plain.matchAll(candidates)) {
    const whole = match[0];
    if (match.index < end) continue;
    if (match[1] !== undefined) {
      add(match.index, whole.length, {type: "code", text: match[1]});
    } else if (/^https?:\/\//i.test(whole)) {
      const link = trimLink(whole);
      const href = safeHref(link);
      if (href) add(match.index, link.length, {type: "link", text: link, href});
      else end = keepAsText(found, plain, end, match.index + whole.length);
    } else if (whole.startsWith("#")) {
      if (/[^#\d]/.test(whole)) add(match.index, whole.length, {type: "room", text: whole});
    } else if (isName(whole)) {
      add(match.index, whole.length, {type: "mention", text: whole});
    }
  }
  if (end < plain.length) addText(found, plain.slice(end));
  return found;
}

/** What looked like a link and is none stays whole: no name within it is a mention. */
function keepAsText(found: Piece[], plain: string, from: number, to: number): number {
  addText(found, plain.slice(from, to));
  return to;
}

function addText(found: Piece[], text: string): void {
  const last = found[found.length - 1];
  if (last?.type === "text") last.text += text;
  else found.push({type: "text", text});
}
