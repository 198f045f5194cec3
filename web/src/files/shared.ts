// Files in the chat: the server's message about one, and what a browser can show of it.

export interface SharedFile {
  /** Who put it there, and how large it is: "" if the message does not say. */
  by: string;
  name: string;
  size: string;
  /** On this server, whatever host the message names. */
  path: string;
}

export type Preview = "image" | "audio" | "video" | null;

const previews: Readonly<Record<string, Preview>> = {
  png: "image", jpg: "image", jpeg: "image", gif: "image", webp: "image", avif: "image", mp3: "audio", ogg: "audio", flac: "audio",
  wav: "audio", mp4: "video", webm: "video",
};

/** The kinds that the server sends as what they are (hub/http/disposition.cpp); it never does so for SVG or HTML. */
export function previewOf(name: string): Preview {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(previews, extension) ? (previews[extension] ?? null) : null;
}

/** `NICK shared NAME (SIZE): URL`, as the server tells a room of a file; null if a text is not that. */
export function parseShared(text: string): SharedFile | null {
  const found = /^(\S{1,200}) shared (.{1,300}) \((\d[\d.]* (?:[KMGTPE]i)?B)\): (https?:\/\/\S{1,2000})$/su.exec(text);
  if (!found) return null;
  const [, by = "", name = "", size = "", address = ""] = found;
  const path = filePathOf(address);
  return path === null ? null : {by, name, size, path};
}

/** Where on a server a file is, by its address; null if the address is not that of a file. */
function filePathOf(address: string): string | null {
  try {
    const path = new URL(address).pathname;
    return /^\/(files|rooms\/[^/]+\/files)\/[^/]+$/.test(path) ? path : null;
  } catch {
    return null;
  }
}

/** A message that is nothing but the address of a file here, as one is told in private; null if it is not that. */
export function parseOwnLink(text: string, origin: string): SharedFile | null {
  if (!text.startsWith(`${origin}/`) || !/^\S{1,2000}$/.test(text)) return null;
  const path = filePathOf(text);
  try {
    const name = decodeURIComponent(path?.slice(path.lastIndexOf("/") + 1) ?? "");
    return path === null || /[\x00-\x1f\x7f/]/.test(name) ? null : {by: "", name, size: "", path};
  } catch {
    return null;
  }
}

/** Where the files of a conversation are; those for everyone if it is no room. */
export function folderOf(conversation: string): string {
  return conversation.startsWith("#") ? `/rooms/${encodeURIComponent(conversation.slice(1))}/files` : "/files";
}

/** A number of bytes for people, as the server writes it. */
export function readableSize(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  if (bytes < 1_024) return `${bytes} B`;
  let amount = bytes / 1_024;
  let unit = 0;
  for (; amount >= 1_024 && unit + 1 < units.length; ++unit) amount /= 1_024;
  return `${amount.toFixed(1)} ${units[unit] ?? ""}`;
}
