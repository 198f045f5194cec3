// The page's one object: session, connection, uploads, and what is shown. Components read it and call it; after every
// change it has them drawn again, at most once a frame.

import {findConversation} from "../chat/context";
import {parseInput} from "../chat/input";
import {Session} from "../chat/session";
import type {Conversation, Message} from "../chat/types";
import {Uploads} from "../files/uploads";
import {t} from "../text/language";
import {Connection} from "./connection";
import {memory} from "./memory";
import {notify, showUnread} from "./notifications";
import {readPlace, writePlace} from "./place";

export type Panel = "members" | "files" | null;

export class App {
  session: Session | null = null;
  readonly connection: Connection;
  readonly uploads: Uploads;
  /** Folded name of the conversation that is shown; "" for the list of rooms. */
  shown = "";
  panel: Panel = innerWidth >= 1_000 ? "members" : null;
  isMenuOpen = false;
  isHelpOpen = false;
  /** Up to where the shown conversation was read when it was opened: there stands the line above what is new. */
  newLine = 0;
  replyTo: Message | null = null;
  /** The message to show and mark, by id; "" for none. */
  wantedMessage = "";
  announcement = "";
  readonly drafts = new Map<string, string>();
  private readonly readTimes = memory.readTimes();
  private frame = 0;

  constructor(private readonly draw: () => void) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.connection = new Connection(`${scheme}://${location.host}/irc`, () => this.changed());
    this.uploads = new Uploads(() => this.session?.state.nick ?? "", () => this.changed());
    addEventListener("hashchange", () => this.followAddress());
    addEventListener("focus", () => this.changed());
    addEventListener("blur", () => this.left());
    document.addEventListener("visibilitychange", () => this.changed());
  }

  changed(): void {
    if (this.frame !== 0) return;
    const run = () => {
      this.frame = 0;
      this.settle();
      this.draw();
    };
    // Frames do not come to a page that nobody sees, and its title must tell all the same.
    this.frame = document.hidden ? window.setTimeout(run, 100) : requestAnimationFrame(run);
  }

  /** What follows from the state, before it is drawn. */
  private settle(): void {
    const state = this.session?.state;
    if (!state) return;
    const all = [...state.conversations.values()];
    showUnread(all.reduce((sum, each) => sum + each.mentions + (each.kind === "direct" ? each.unread : 0), 0), all.some((each) => each.unread > 0), this.current?.name ?? "", state.network);
    const rooms = [...(this.session?.wantedRooms.values() ?? [])].map((each) => each.name);
    if (state.phase === "online" && rooms.join() !== memory.rooms.join()) memory.rooms = rooms;
    if (state.phase === "online" && memory.nick !== this.session?.wantedNick) memory.nick = this.session?.wantedNick ?? "";
  }

  get current(): Conversation | undefined {
    return this.session?.state.conversations.get(this.shown);
  }

  /** Begins, or begins again with another name. */
  join(nick: string): void {
    if (!this.session || this.session.state.phase === "offline") {
      const {name} = readPlace(location.hash);
      const rooms = new Set(memory.rooms);
      if (name.startsWith("#")) rooms.add(name);
      this.session = new Session({
        nick, rooms: [...rooms], send: (line) => this.connection.send(line), now: Date.now, readTime: (of) => this.readTimes.get(of.toLowerCase()) ?? 0,
        alert: (message, where) => this.alert(message, where),
      });
      this.connection.session = this.session;
    } else {
      this.session.chooseNick(nick);
    }
    this.connection.connect();
    this.followAddress();
  }

  signOut(): void {
    this.connection.end();
    memory.rooms = [];
    memory.nick = "";
    location.hash = "";
    location.reload();
  }

  private alert(message: Message, where: Conversation): void {
    if (document.hasFocus() && where.key === this.shown) return;
    notify(where.kind === "direct" ? message.sender : `${message.sender} · ${where.name}`, message.text, () => this.show(where.name));
  }

  // --- Where we are

  /** Shows a conversation, and joins or opens it if need be; "" shows the list of rooms. */
  show(name: string, message = ""): void {
    const address = writePlace(name, message);
    if (location.hash === address || (address === "#" && location.hash === "")) this.followAddress();
    else location.hash = address;
  }

  private followAddress(): void {
    const session = this.session;
    if (!session) return;
    const {name, message} = readPlace(location.hash);
    const key = session.features.fold(name);
    if (name !== "" && session.state.phase === "online" && !findConversation(session, name)?.isJoined) session.open(name);
    else if (name !== "" && !session.features.isRoom(name)) session.open(name);
    else if (name !== "" && !session.wantedRooms.has(key)) session.wantedRooms.set(key, {name, key: ""});
    if (this.shown !== key) {
      this.replyTo = null;
      this.shown = key;
      this.newLine = this.current?.readTime ?? 0;
    }
    this.wantedMessage = message;
    this.isMenuOpen = false;
    this.changed();
  }

  /** The conversation so many places further in the list. */
  step(by: number): void {
    const keys = this.ordered().map((each) => each.key);
    const next = keys[(keys.indexOf(this.shown) + by + keys.length) % keys.length];
    const found = next === undefined ? undefined : this.session?.state.conversations.get(next);
    if (found) this.show(found.name);
  }

  /** As they stand in the list: rooms, then people. */
  ordered(): Conversation[] {
    const all = [...(this.session?.state.conversations.values() ?? [])];
    const rank = (each: Conversation) => (each.kind === "room" ? 0 : 1);
    return all.sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
  }

  leave(about: Conversation): void {
    this.session?.leave(about);
    this.drafts.delete(about.key);
    if (this.shown === about.key) this.show("");
    this.changed();
  }

  /** The user has seen the shown conversation to its end. */
  sawAll(): void {
    const about = this.current;
    const last = about?.messages[about.messages.length - 1];
    if (!about || !last || last.time <= about.readTime || document.hidden || !document.hasFocus()) return;
    this.session?.sawAll(about);
    this.readTimes.set(about.key, last.time);
    memory.setReadTimes(this.readTimes);
    this.changed();
  }

  /** The user looks elsewhere: what comes from now on is new. */
  private left(): void {
    if (this.current) this.newLine = Math.max(this.newLine, this.current.readTime);
    this.changed();
  }

  // --- What is typed

  /** Carries out what was typed. Returns whether it is done, so that the line can be emptied. */
  submit(typed: string): boolean {
    const session = this.session;
    const here = this.current;
    if (!session) return false;
    const action = parseInput(typed, here?.name ?? "");
    if (!action) return false;
    if (action.type === "help") {
      this.isHelpOpen = true;
    } else if (action.type === "open" || action.type === "join") {
      if (action.type === "join") session.join(action.room, action.key);
      this.show(action.type === "join" ? action.room : action.name);
    } else if (action.type === "say" && here && action.target === here.name) {
      session.say(here, action.text, "text", this.replyTo?.id ?? null);
      this.replyTo = null;
      this.newLine = Math.max(this.newLine, here.readTime);
    } else if (action.type === "part" && here?.name === action.room) {
      session.run(action);
      this.show("");
    } else {
      session.run(action);
    }
    this.changed();
    return action.type !== "wrong";
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      prompt("", text); // where the page may not use the clipboard, as on plain HTTP
      return;
    }
    this.announce(t("copied"));
  }

  /** Tells screen readers, and shows shortly. */
  announce(text: string): void {
    this.announcement = text;
    this.changed();
    setTimeout(() => {
      if (this.announcement === text) this.announcement = "";
      this.changed();
    }, 2_500);
  }

  linkTo(name: string, message = ""): string {
    return `${location.origin}/${writePlace(name, message)}`;
  }
}
