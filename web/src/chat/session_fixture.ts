// A session with a server played by the test. For tests only.

import {type Line, parseLine} from "../irc/line";
import {Session, type SessionOptions} from "./session";
import type {Conversation} from "./types";

export const allCapabilities = "message-tags server-time echo-message batch labeled-response draft/chathistory draft/read-marker away-notify";

export class Played {
  /** What the session has sent and the test has not looked at. */
  sent: string[] = [];
  clock = Date.UTC(2026, 0, 1);
  readonly alerts: string[] = [];
  readonly session: Session;
  private ids = 0;

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Session({
      nick: "me", rooms: ["#tea"], send: (line) => this.sent.push(line), now: () => this.clock,
      alert: (message) => this.alerts.push(message.text), ...options,
    });
  }

  /** What was sent since the last look. */
  take(): string[] {
    return this.sent.splice(0);
  }

  say(...lines: string[]): void {
    for (const line of lines) this.session.receive(line);
  }

  /** From the opening of a connection to the end of the server's greeting. */
  greet(capabilities = allCapabilities, nick = "me"): void {
    this.session.opened();
    this.say(`:s CAP * LS :${capabilities}`);
    if (capabilities !== "") this.say(`:s CAP * ACK :${capabilities}`);
    this.say(`:s 001 ${nick} :Welcome`, `:s 005 ${nick} CHATHISTORY=50 MSGREFTYPES=msgid,timestamp NETWORK=mill :are supported`, `:s 422 ${nick} :No message of the day`);
  }

  /** In #tea, with nothing in its history. */
  enter(capabilities = allCapabilities): Conversation {
    this.greet(capabilities);
    this.join("#tea");
    if (this.session.has("draft/chathistory")) this.answerHistory();
    this.take();
    return this.room();
  }

  join(room: string, ...others: string[]): void {
    const nick = this.session.state.nick;
    this.say(`:${nick}!u@h JOIN ${room}`, `:s 353 ${nick} = ${room} :${[nick, ...others].join(" ")}`, `:s 366 ${nick} ${room} :End`);
  }

  room(name = "#tea"): Conversation {
    const found = this.session.state.conversations.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  /** The last request for history that was sent, and its label. */
  asked(): {line: Line; label: string} {
    for (const text of [...this.sent].reverse()) {
      const line = parseLine(text);
      if (line?.command === "CHATHISTORY" && line.params[0] !== "TARGETS") return {line, label: line.tags.get("label") ?? ""};
    }
    throw new Error("no history was asked for");
  }

  /** Answers the last request for history. */
  answerHistory(...lines: string[]): void {
    const {line, label} = this.asked();
    const name = `b${++this.ids}`;
    this.say(`@label=${label} BATCH +${name} chathistory ${line.params[1] ?? ""}`);
    for (const each of lines) this.say(each.startsWith("@") ? `@batch=${name};${each.slice(1)}` : `@batch=${name} ${each}`);
    this.say(`BATCH -${name}`);
  }

  /** Drops the connection, and is in #tea again on a new one. */
  reconnect(): void {
    this.drop();
    this.greet();
    this.join("#tea");
  }

  drop(): void {
    this.session.closed();
    this.take();
  }
}

/** A message as a server sends it: the n-th of the test, at second n. */
export function message(n: number, text = `text ${n}`, nick = "ann", target = "#tea"): string {
  return `@time=${new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()};msgid=m${n} :${nick}!u@h PRIVMSG ${target} :${text}`;
}

export function texts(about: Conversation): string[] {
  return about.messages.filter((each) => each.kind !== "event").map((each) => each.text);
}

export function labelOf(line: string | undefined): string {
  return parseLine(line ?? "")?.tags.get("label") ?? "";
}
