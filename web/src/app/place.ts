// Which conversation the address names, so that it can be sent to others: `/#tea`, `/#tea/ID` for one message in it, and
// `/#@ann` for a direct conversation.

export interface Place {
  /** A room's name with its sign, or a nick; "" for the list of rooms. */
  name: string;
  message: string;
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

/** Reads what stands behind the address, with its "#". */
export function readPlace(hash: string): Place {
  const [first = "", second = ""] = hash.replace(/^#/, "").split("/", 2);
  const name = decode(first).replace(/[\x00-\x20,\x7f]/g, "").slice(0, 200);
  if (name === "" || name === "@") return {name: "", message: ""};
  return {name: name.startsWith("@") ? name.slice(1) : `#${name}`, message: decode(second).slice(0, 200)};
}

export function writePlace(name: string, message = ""): string {
  if (name === "") return "#";
  const piece = name.startsWith("#") ? encodeURIComponent(name.slice(1)) : `@${encodeURIComponent(name)}`;
  return `#${piece}${message === "" ? "" : `/${encodeURIComponent(message)}`}`;
}
