// Keeps a session connected: one WebSocket at a time (subprotocol text.ircv3.net), and when it breaks another one, after
// a wait that grows. A server that says nothing for long is asked, and given up if it does not answer.

import {retryDelay_ms} from "../chat/reconnect";
import type {Session} from "../chat/session";

const tick_ms = 5_000;
const silence_ms = 45_000;
const patience_ms = 15_000;
const opening_ms = 15_000;

export class Connection {
  session: Session | null = null;
  /** When the next attempt begins, by performance.now(); 0 if none is waited for. */
  retryAt = 0;
  private socket: WebSocket | null = null;
  private attempts = 0;
  private timer = 0;
  private heardAt = 0;
  private asked = false;

  constructor(private readonly url: string, private readonly changed: () => void) {
    setInterval(() => this.tick(), tick_ms);
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
  }

  send(line: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(line);
  }

  connect(): void {
    const session = this.session;
    if (!session || this.socket) return;
    clearTimeout(this.timer);
    this.retryAt = 0;
    const socket = new WebSocket(this.url, "text.ircv3.net");
    this.socket = socket;
    this.heardAt = performance.now();
    this.asked = false;
    session.state.phase = "connecting";
    socket.onopen = () => {
      session.opened();
      this.changed();
    };
    socket.onmessage = (event) => {
      this.heardAt = performance.now();
      this.asked = false;
      if (typeof event.data === "string") session.receive(event.data);
      if (session.state.phase === "online") this.attempts = 0;
      else if (session.state.phase === "nameTaken") socket.close();
      this.changed();
    };
    socket.onclose = () => this.closed(socket);
    this.changed();
  }

  private closed(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.session?.closed();
    if (this.session?.state.phase === "waiting") this.wait();
    this.changed();
  }

  private wait(): void {
    const delay_ms = retryDelay_ms(this.attempts++, Math.random());
    this.retryAt = performance.now() + delay_ms;
    this.timer = window.setTimeout(() => this.connect(), delay_ms);
  }

  /** The user, or a sign that the network is back, asks not to wait. */
  retryNow(): void {
    if (this.session?.state.phase === "waiting") this.connect();
  }

  /** Ends it for good: by the user's wish. */
  end(): void {
    clearTimeout(this.timer);
    this.session?.quit();
    this.socket?.close();
  }

  private tick(): void {
    const silent_ms = performance.now() - this.heardAt;
    const socket = this.socket;
    if (socket && this.session) {
      const isOpening = socket.readyState === WebSocket.CONNECTING && silent_ms > opening_ms;
      if (isOpening || (this.asked && silent_ms > silence_ms + patience_ms)) {
        this.closed(socket); // the socket itself may take minutes to notice
        socket.close();
      } else if (!this.asked && silent_ms > silence_ms) {
        this.asked = true;
        this.session.send("PING", ["still-there"]);
      }
      this.session.tick();
    }
    if (this.session && (this.session.state.phase === "waiting" || [...this.session.state.conversations.values()].some((each) => each.typing.size > 0))) this.changed();
  }
}
