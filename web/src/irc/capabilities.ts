// Capability negotiation, from the client's side: ircv3.net/specs/extensions/capability-negotiation, version 302.

import {formatLine, type Line} from "./line";

/** What the page makes use of. It works without any of them, only with less. */
export const wanted: readonly string[] = [
  "message-tags", "server-time", "echo-message", "batch", "labeled-response", "standard-replies", "away-notify",
  "account-notify", "extended-join", "multi-prefix", "userhost-in-names", "setname", "invite-notify", "cap-notify",
  "draft/chathistory", "draft/event-playback", "draft/read-marker",
];

/** One REQ stays well below the 512 bytes of a line. */
const requestBytes = 400;

export class Negotiation {
  readonly enabled = new Set<string>();
  private readonly offered = new Set<string>();
  private readonly asked = new Set<string>();
  private isEnding = false;

  /** The line that begins it, which also holds registration open. */
  begin(): string {
    return "CAP LS 302";
  }

  /** Takes a CAP line; gives the lines that answer it. */
  take(line: Line): string[] {
    const [, verb = "", ...rest] = line.params;
    const names = (rest[rest.length - 1] ?? "").split(" ").filter((name) => name !== "");
    switch (verb.toUpperCase()) {
      case "LS":
        names.forEach((name) => this.offered.add(nameOf(name)));
        return rest.length > 1 && rest[0] === "*" ? [] : this.endOrAsk();
      case "NEW":
        names.forEach((name) => this.offered.add(nameOf(name)));
        return this.ask();
      case "DEL":
        for (const name of names) {
          this.offered.delete(name);
          this.enabled.delete(name);
        }
        return [];
      case "ACK":
        for (const name of names) {
          if (name.startsWith("-")) this.enabled.delete(name.slice(1));
          else this.enabled.add(name);
        }
        return this.answered(names);
      case "NAK":
        // A request is refused as a whole: its parts may yet be had alone.
        return names.length > 1 ? this.askEach(names) : this.answered(names);
      default:
        return [];
    }
  }

  private endOrAsk(): string[] {
    const lines = this.ask();
    if (lines.length > 0) return lines;
    return this.end();
  }

  private end(): string[] {
    if (this.isEnding) return [];
    this.isEnding = true;
    return ["CAP END"];
  }

  private ask(): string[] {
    const lines: string[] = [];
    let names = "";
    for (const name of wanted) {
      if (!this.offered.has(name) || this.enabled.has(name) || this.asked.has(name)) continue;
      this.asked.add(name);
      if (names.length + name.length > requestBytes) {
        lines.push(formatLine("CAP", ["REQ", names]));
        names = "";
      }
      names += names === "" ? name : ` ${name}`;
    }
    if (names !== "") lines.push(formatLine("CAP", ["REQ", names]));
    return lines;
  }

  private askEach(names: readonly string[]): string[] {
    return names.filter((name) => this.asked.has(name)).map((name) => formatLine("CAP", ["REQ", name]));
  }

  private answered(names: readonly string[]): string[] {
    names.forEach((name) => this.asked.delete(name.replace(/^-/, "")));
    return this.asked.size === 0 ? this.end() : [];
  }
}

function nameOf(offer: string): string {
  const equals = offer.indexOf("=");
  return equals < 0 ? offer : offer.slice(0, equals);
}
