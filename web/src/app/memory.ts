// What this browser remembers between visits. Where it may not remember anything, every value is the default.

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(`leat.${key}`) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(`leat.${key}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the page works without.
  }
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
