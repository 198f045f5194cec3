// Completing names in what is being written.

export interface Completion {
  /** Where the word begins that is completed, and where the cursor was. */
  start: number;
  end: number;
  candidates: string[];
}

const most = 8;

/**
 * What could be meant by the word before the cursor: with @ before it always, without only when `isAsked` (by Tab).
 * `names` in the order of preference.
 */
export function complete(text: string, cursor: number, names: readonly string[], isAsked: boolean): Completion | null {
  const before = text.slice(0, cursor);
  const word = /(?:^|\s)(@?)([^\s@]*)$/.exec(before);
  if (!word || (word[1] === "" && (!isAsked || word[2] === ""))) return null;
  const wanted = (word[2] ?? "").toLowerCase();
  const candidates = names.filter((name) => name.toLowerCase().startsWith(wanted)).slice(0, most);
  if (candidates.length === 0) return null;
  return {start: cursor - (word[2] ?? "").length - (word[1] ?? "").length, end: cursor, candidates};
}

/** The text with a candidate in it, and where the cursor is then. At the start a name is spoken to. */
export function apply(text: string, completion: Completion, chosen: string): {text: string; cursor: number} {
  const put = completion.start === 0 ? `${chosen}: ` : `@${chosen} `;
  return {text: text.slice(0, completion.start) + put + text.slice(completion.end).trimStart(), cursor: completion.start + put.length};
}
