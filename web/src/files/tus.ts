// The parts of tus 1.0 (tus.io/protocols/resumable-upload) that need no network: what is said, and what is understood.

const bytes = new TextEncoder();

/** Base64 of the UTF-8 of a text. */
export function base64(text: string): string {
  return btoa(Array.from(bytes.encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

/** Upload-Metadata: keys and values in base64; those that are empty are left out. */
export function metadata(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).filter(([, value]) => value !== "").map(([key, value]) => `${key} ${base64(value)}`).join(",");
}

/** An offset that a server says: a whole number that the file reaches; null for all else. */
export function parseOffset(field: string | null, size: number): number | null {
  if (field === null || !/^\d{1,16}$/.test(field)) return null;
  const offset = Number(field);
  return offset <= size ? offset : null;
}

/** By what a file is known again when it is chosen once more: its content is not looked at. */
export function fingerprint(file: {name: string; size: number; lastModified: number}, room: string): string {
  return JSON.stringify([room, file.name, file.size, file.lastModified]);
}

/** What a fingerprint was made of; null if it is none. */
export function parseFingerprint(key: string): {room: string; name: string; size: number; lastModified: number} | null {
  try {
    const parts: unknown = JSON.parse(key);
    const [room, name, size, lastModified] = Array.isArray(parts) ? (parts as unknown[]) : [];
    const isOne = typeof room === "string" && typeof name === "string" && typeof size === "number" && typeof lastModified === "number";
    return isOne ? {room, name, size, lastModified} : null;
  } catch {
    return null;
  }
}

/** The address of an upload, if it is one of this server. */
export function ownAddress(location: string | null, here: string): string | null {
  if (location === null) return null;
  try {
    const url = new URL(location, here);
    // A server behind a proxy may not know how it is called outside: only the path counts.
    return url.pathname.startsWith("/uploads/") ? url.pathname + url.search : null;
  } catch {
    return null;
  }
}

/** How fast it goes, from what was sent when: over the last seconds, so that it follows changes. */
export class Speed {
  private readonly samples: {time: number; sent: number}[] = [];

  add(time_ms: number, sent: number): void {
    this.samples.push({time: time_ms, sent});
    while (this.samples.length > 2 && time_ms - (this.samples[0]?.time ?? 0) > 5_000) this.samples.shift();
  }

  /** Bytes a second; 0 as long as it cannot be told. */
  perSecond(): number {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last || last.time <= first.time) return 0;
    return Math.max(0, ((last.sent - first.sent) * 1_000) / (last.time - first.time));
  }
}
