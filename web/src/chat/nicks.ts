// Names to offer when the one that was wanted is not to be had.

/** How much of a name is kept when a number is put behind it. */
function cut(nick: string, limit_bytes: number): string {
  const bytes = new TextEncoder();
  let kept = "";
  let size = 0;
  for (const letter of nick) {
    size += bytes.encode(letter).length;
    if (size > limit_bytes) break;
    kept += letter;
  }
  return kept;
}

/** ann, ann2, ann3 and so on. */
export function nextNick(nick: string, limit_bytes: number): string {
  const [, base = "", number = ""] = /^(.*?)(\d{0,6})$/s.exec(nick) ?? [];
  const next = String(Math.max(2, Number(number) + 1));
  return base === "" ? `guest${next}` : cut(base, limit_bytes - next.length) + next;
}

/** A name of letters, digits and what IRC allows besides, out of whatever was typed; "" if nothing is left. */
export function toNick(typed: string, limit_bytes = 30): string {
  const letters = typed.normalize("NFC").trim().replace(/\s+/g, "_").replace(/[^\p{L}\p{M}\p{Nd}_\-[\]\\^{}|`]/gu, "");
  return cut(letters.replace(/^[\p{Nd}\-\p{M}]+/u, ""), limit_bytes);
}

/** A room's name out of whatever was typed, with its sign; "" if nothing is left. */
export function toRoom(typed: string, limit_bytes = 64): string {
  const name = typed.trim().replace(/[\s,\x00-\x1f\x7f]+/g, "-").replace(/^#?/, "#");
  return name === "#" ? "" : cut(name, limit_bytes);
}
