// What this browser remembers between visits. Where it may not remember anything, every value is the default.

export function read(key: string, storage = () => localStorage): unknown {
  try {
    return JSON.parse(storage().getItem(`leat.${key}`) ?? "null");
  } catch {
    return null;
  }
}

/** Returns whether it will be remembered: storage may be full or forbidden, and the page works without. */
export function write(key: string, value: unknown, storage = () => localStorage): boolean {
  try {
    storage().setItem(`leat.${key}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function remove(key: string): void {
  try {
    localStorage.removeItem(`leat.${key}`);
  } catch {
    // Then there is nothing to remove.
  }
}

/** The keys that begin so. */
export function recordsOf(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`leat.${prefix}`)).map((key) => key.slice("leat.".length));
  } catch {
    return [];
  }
}

/** What belongs to this tab alone, and is there again after it was reloaded. */
const ofTab = () => sessionStorage;

/** Where a conversation was scrolled to: the row that was on top, and how far it was from there. */
export interface ScrollPlace {
  conversation: string;
  key: string;
  top: number;
}

const text = (value: unknown, limit = 256): string => (typeof value === "string" ? value.slice(0, limit) : "");
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map((each) => text(each)).filter((each) => each !== "").slice(0, 100) : []);

/** What is stored could be of an older page, or changed by hand: only what has the right form is taken. */
export const memory = {
  get nick(): string {
    return text(read("nick"));
  },
  set nick(nick: string) {
    write("nick", nick);
  },
  get rooms(): string[] {
    return texts(read("rooms"));
  },
  set rooms(rooms: string[]) {
    write("rooms", rooms);
  },
  get language(): string {
    return text(read("language"), 8);
  },
  set language(language: string) {
    write("language", language);
  },
  get wantsNotifications(): boolean {
    return read("notify") === true;
  },
  set wantsNotifications(wanted: boolean) {
    write("notify", wanted);
  },
  /** Up to when each conversation was read, in milliseconds since 1970. */
  readTimes(): Map<string, number> {
    const stored = read("read");
    const entries = stored && typeof stored === "object" ? Object.entries(stored as Record<string, unknown>) : [];
    return new Map(entries.filter((each): each is [string, number] => typeof each[1] === "number").slice(0, 500));
  },
  setReadTimes(times: ReadonlyMap<string, number>): void {
    write("read", Object.fromEntries(times));
  },
  /** What is written and not sent, by conversation. */
  drafts(): Map<string, string> {
    const stored = read("drafts", ofTab);
    const entries = stored && typeof stored === "object" ? Object.entries(stored as Record<string, unknown>) : [];
    return new Map(entries.filter((each): each is [string, string] => typeof each[1] === "string").slice(-100));
  },
  setDrafts(drafts: ReadonlyMap<string, string>): void {
    write("drafts", Object.fromEntries([...drafts].filter(([, draft]) => draft !== "")), ofTab);
  },
  get scrollPlace(): ScrollPlace | null {
    const {conversation, key, top} = (read("place", ofTab) ?? {}) as Record<string, unknown>;
    return typeof conversation === "string" && typeof key === "string" && typeof top === "number" ? {conversation, key, top} : null;
  },
  set scrollPlace(place: ScrollPlace | null) {
    write("place", place, ofTab);
  },
  /** Uploads that are not finished: by what identifies the file, where to go on. */
  uploads(): Map<string, string> {
    const stored = read("uploads");
    const entries = stored && typeof stored === "object" ? Object.entries(stored as Record<string, unknown>) : [];
    return new Map(entries.filter((each): each is [string, string] => typeof each[1] === "string").slice(-100));
  },
  setUploads(uploads: ReadonlyMap<string, string>): void {
    write("uploads", Object.fromEntries(uploads));
  },
};
