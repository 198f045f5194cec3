// The page's one object: session, connection, uploads, and what is shown. Components read it and call it; after every
// change it has them drawn again, at most once a frame.

import {findConversation} from "../chat/context";
import {parseInput} from "../chat/input";
import {Session} from "../chat/session";
import type {Conversation, Message} from "../chat/types";
import {type Upload, Uploads} from "../files/uploads";
import {t} from "../text/language";
import {Connection} from "./connection";
import {memory, type ScrollPlace} from "./memory";
import {notify, showUnread} from "./notifications";
import {readPlace, writePlace} from "./place";
import {UnsentMessages} from "./unsent";

export type Panel = "members" | "files" | null;

export class App {
  session: Session | null = null;
  readonly connection: Connection;
  readonly uploads: Uploads;
  /** Folded name of the conversation that is shown; "" for the list of rooms. */
  shown = "";
  panel: Panel = innerWidth >= 1_000 ? "members" : null;
  /** The panel was asked for by a key, and wants to be gone into. */
  isPanelWanted = false;
  isMenuOpen = false;
  isHelpOpen = false;
  /** Up to where the shown conversation was read when it was opened: there stands the line above what is new. */
  newLine = 0;
  replyTo: Message | null = null;
  /** The message to show and mark, by id; "" for none. */
  wantedMessage = "";
  announcement = "";
  readonly drafts = memory.drafts();
  /** Where the shown conversation is scrolled to; null: at its end. */
  scrollPlace: ScrollPlace | null = null;
  /** Where it was before the page was reloaded, until it is there again. */
  returnTo = memory.scrollPlace;
  private readonly readTimes = memory.readTimes();
  private readonly unsent = new UnsentMessages();
  private isBeginning = false;
  /** Something of the shown conversation was read here since it is shown. */
  private hasRead = false;
  /** The user looks at the end of the shown conversation: what comes now is seen as it comes, and needs no line above it. */
  private isWatching = false;
  private frame = 0;

  constructor(private readonly draw: () => void) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.connection = new Connection(`${scheme}://${location.host}/irc`, () => this.changed());
    this.uploads = new Uploads(() => this.session?.state.nick ?? "", () => this.changed(), (upload) => this.uploaded(upload));
    addEventListener("hashchange", () => this.followAddress());
    addEventListener("focus", () => this.changed());
    addEventListener("blur", () => this.left());
    addEventListener("pagehide", () => this.keep());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        this.keep();
        this.isWatching = false;
      }
      this.changed();
    });
  }

  /** The page may end here. */
  private keep(): void {
    this.keepUnsent();
    memory.setDrafts(this.drafts);
    memory.scrollPlace = this.scrollPlace?.conversation === this.shown ? this.scrollPlace : null;
  }

  private keepUnsent(): void {
    const session = this.session;
    if (!session || session.state.phase === "offline") return;
    if (this.unsent.isTakenOver()) session.forgetUnsent();
    this.unsent.save(session.wantedNick, session.unsent());
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
    this.keepUnsent();
    // Read on another device meanwhile: it is not new here, either.
    if (!this.hasRead && (this.current?.readTime ?? 0) > this.newLine) this.newLine = this.current?.readTime ?? 0;
    if (state.phase === "online" && memory.nick !== this.session?.wantedNick) memory.nick = this.session?.wantedNick ?? "";
  }

  get current(): Conversation | undefined {
    return this.session?.state.conversations.get(this.shown);
  }

  /** Begins, or begins again with another name. */
  join(nick: string): void {
    if (!this.session || this.session.state.phase === "offline") {
      void this.begin(nick);
    } else {
      this.session.chooseNick(nick);
      this.connection.connect();
      this.followAddress();
    }
  }

  private async begin(nick: string): Promise<void> {
    if (this.isBeginning) return;
    this.isBeginning = true;
    const unsent = await this.unsent.takeOver(nick, Date.now());
    this.isBeginning = false;
    const {name} = readPlace(location.hash);
    const rooms = new Set(memory.rooms);
    if (name.startsWith("#")) rooms.add(name);
    this.session = new Session({
      nick, rooms: [...rooms], unsent, send: (line) => this.connection.send(line), now: Date.now,
      readTime: (of) => this.readTimes.get(of.toLowerCase()) ?? 0, alert: (message, where) => this.alert(message, where),
      isTakenOver: () => this.unsent.isTakenOver(), isReturning: nick === memory.nick, later: (run, delay_ms) => setTimeout(run, delay_ms),
    });
    this.connection.session = this.session;
    this.connection.connect();
    this.followAddress();
  }

  signOut(): void {
    this.session?.forgetUnsent();
    this.keepUnsent();
    this.drafts.clear();
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
      this.newLine = this.current?.readTime ?? this.readTimes.get(key) ?? 0;
      this.hasRead = this.isWatching = false;
      this.scrollPlace = null;
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

  openProfile(nick: string): void {
    this.session?.askProfile(nick);
    this.changed();
  }

  /** Rooms are told of a file by the server, people by us. */
  private uploaded(upload: Upload): void {
    if (upload.room === "" || upload.room.startsWith("#") || upload.path === "") return;
    this.session?.run({type: "say", target: upload.room, text: new URL(upload.path, location.origin).href});
    this.keepUnsent();
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
    if (!about?.history.caughtUp || document.hidden || !document.hasFocus()) return;
    const wasWatching = this.isWatching;
    this.isWatching = true;
    const last = about.messages[about.messages.length - 1];
    if (!last || last.time <= about.readTime) return;
    if (wasWatching && this.newLine >= about.readTime) this.newLine = last.time;
    this.hasRead = true;
    this.session?.sawAll(about);
    this.readTimes.set(about.key, last.time);
    memory.setReadTimes(this.readTimes);
    this.changed();
  }

  /** The user looks elsewhere: what comes from now on is new. */
  private left(): void {
    this.isWatching = false;
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
      // To show a room is to join it; only its key has to be told before.
      if (action.type === "join" && action.key !== "") session.join(action.room, action.key);
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
    this.keepUnsent();
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
