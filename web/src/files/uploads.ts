// Uploads by tus 1.0: one after the other, in pieces, so that each can be paused, broken off and gone on with, also after
// the page was reloaded (then the same file has to be chosen again) or the server was restarted.

import {memory} from "../app/memory";
import {thumbnailOf} from "./thumbnail";
import {fingerprint, metadata, ownAddress, parseFingerprint, parseOffset, Speed} from "./tus";

const piece_bytes = 8 * 1_048_576;
const piece_timeout_ms = 120_000;
const mostRetries = 8;
const version = {"Tus-Resumable": "1.0.0"};

export interface Upload {
  id: number;
  file: File;
  /** The conversation that it is for: only in a room's folder files are of that room. "": none. */
  room: string;
  /** The address of a small picture of it. */
  preview: string | null;
  status: "queued" | "sending" | "paused" | "waiting" | "failed" | "done";
  sent: number;
  /** Bytes a second. */
  speed: number;
  /** What went wrong, as the server says it; "" if it could not be reached. */
  reason: string;
  /** Where the file is now. */
  path: string;
}

/** An upload of an earlier visit: browsers do not keep the file, so the user has to choose it once more. */
export interface Unfinished {
  /** The file's fingerprint. */
  key: string;
  address: string;
  name: string;
  size: number;
  room: string;
  /** What the server has; null as long as it has not said. */
  sent: number | null;
}

const mostUnfinished = 20;

class Failure extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

export class Uploads {
  list: Upload[] = [];
  unfinished: Unfinished[] = [];
  private ids = 0;
  private running: Upload | null = null;
  private request: XMLHttpRequest | null = null;
  private retryTimer = 0;

  /** `done` is called for every upload when it is. */
  constructor(private readonly nick: () => string, private readonly changed: () => void, private readonly done: (upload: Upload) => void) {
    addEventListener("online", () => this.retry());
  }

  add(files: Iterable<File>, room: string): void {
    for (const file of files) {
      const upload: Upload = {id: ++this.ids, file, room, preview: null, status: "queued", sent: 0, speed: 0, reason: "", path: ""};
      this.list.push(upload);
      this.unfinished = this.unfinished.filter((each) => each.key !== fingerprint(file, room));
      void this.makePreview(upload);
    }
    void this.next();
    this.changed();
  }

  private async makePreview(upload: Upload): Promise<void> {
    const preview = await thumbnailOf(upload.file);
    if (preview === null) return;
    if (this.list.includes(upload)) upload.preview = preview;
    else URL.revokeObjectURL(preview);
    this.changed();
  }

  // --- Uploads of earlier visits

  /** Finds them, and asks the server how much it has of each; what it does not know any more is forgotten. */
  async lookForUnfinished(): Promise<void> {
    const inList = new Set(this.list.map((each) => fingerprint(each.file, each.room)));
    const known = new Map(this.unfinished.map((each) => [each.key, each]));
    this.unfinished = [...memory.uploads()].slice(-mostUnfinished).flatMap(([key, address]): Unfinished[] => {
      const of = inList.has(key) ? null : parseFingerprint(key);
      return of && ownAddress(address, location.href) ? [known.get(key) ?? {key, address, name: of.name, size: of.size, room: of.room, sent: null}] : [];
    });
    this.changed();
    for (const each of this.unfinished) {
      try {
        each.sent = await this.offsetAt(each.address, each.size);
        if (each.sent === null) this.drop(each);
      } catch {
        // The server is not there at the moment: the file may be chosen all the same.
      }
      this.changed();
    }
  }

  /** Goes on with it. False if that is another file. */
  goOn(unfinished: Unfinished, file: File): boolean {
    if (fingerprint(file, unfinished.room) !== unfinished.key) return false;
    this.add([file], unfinished.room);
    return true;
  }

  /** The user does not want it any more. */
  forget(unfinished: Unfinished): void {
    this.drop(unfinished);
    void fetch(unfinished.address, {method: "DELETE", headers: version}).catch(() => undefined); // it expires anyway
    this.changed();
  }

  private drop(unfinished: Unfinished): void {
    this.remember(unfinished.key, null);
    this.unfinished = this.unfinished.filter((each) => each.key !== unfinished.key);
  }

  // --- Those of this visit

  pause(upload: Upload): void {
    if (upload.status === "done") return;
    upload.status = "paused";
    if (this.running === upload) this.request?.abort();
    this.changed();
  }

  resume(upload: Upload): void {
    if (upload.status !== "paused" && upload.status !== "failed" && upload.status !== "waiting") return;
    upload.status = "queued";
    upload.reason = "";
    void this.next();
    this.changed();
  }

  /** Takes it off the list, and what is there of it off the server. */
  remove(upload: Upload): void {
    const wasDone = upload.status === "done";
    this.pause(upload);
    this.list = this.list.filter((each) => each !== upload);
    if (upload.preview) URL.revokeObjectURL(upload.preview);
    const key = fingerprint(upload.file, upload.room);
    const address = memory.uploads().get(key);
    if (!wasDone && address) {
      this.remember(key, null);
      void fetch(address, {method: "DELETE", headers: version}).catch(() => undefined); // it expires anyway
    }
    this.changed();
  }

  private retry(): void {
    for (const upload of this.list) if (upload.status === "waiting") upload.status = "queued";
    void this.next();
  }

  private async next(): Promise<void> {
    if (this.running) return;
    const upload = this.list.find((each) => each.status === "queued");
    if (!upload) return;
    this.running = upload;
    upload.status = "sending";
    try {
      await this.run(upload);
    } catch (error) {
      this.failed(upload, error);
    }
    this.running = null;
    this.changed();
    void this.next();
  }

  private failed(upload: Upload, error: unknown): void {
    if (upload.status !== "sending") return; // paused, or taken off
    const status = error instanceof Failure ? error.status : 0;
    upload.reason = status === 0 ? "" : (error as Failure).message;
    const isPassing = status === 0 || status === 408 || status === 409 || status === 423 || status === 429 || status >= 500;
    upload.status = isPassing && status !== 507 ? "waiting" : "failed";
    clearTimeout(this.retryTimer);
    if (upload.status === "waiting") this.retryTimer = window.setTimeout(() => this.retry(), 3_000);
  }

  private async run(upload: Upload): Promise<void> {
    const key = fingerprint(upload.file, upload.room);
    const speed = new Speed();
    let address = memory.uploads().get(key) ?? null;
    let offset = address ? await this.offsetAt(address, upload.file.size) : null;
    if (address === null || offset === null) {
      address = await this.create(upload);
      offset = 0;
      this.remember(key, address);
    }
    let troubles = 0;
    do {
      upload.sent = offset;
      const before = offset;
      try {
        offset = await this.sendPiece(upload, address, offset, speed);
      } catch (error) {
        upload.sent = offset; // what had only been handed to the system does not count
        if (upload.status !== "sending" || ++troubles > mostRetries) throw error;
        if (error instanceof Failure && error.status >= 400 && error.status < 500 && error.status !== 409 && error.status !== 423) throw error;
        await new Promise((done) => setTimeout(done, 500 * troubles));
        const known = await this.offsetAt(address, upload.file.size);
        if (known === null) throw new Failure("the server has forgotten this upload", 0);
        offset = known;
      }
      if (offset > before) troubles = 0;
    } while (offset < upload.file.size && upload.status === "sending");
    if (upload.status !== "sending") return;
    this.remember(key, null);
    upload.sent = upload.file.size;
    upload.status = "done";
    this.done(upload);
  }

  private async create(upload: Upload): Promise<string> {
    const {file, room} = upload;
    const answer = await fetch("/uploads", {
      method: "POST",
      headers: {
        ...version, "Upload-Length": String(file.size),
        "Upload-Metadata": metadata({filename: file.name, room: room.startsWith("#") ? room : "", nick: this.nick()}),
      },
    });
    if (answer.status !== 201) throw new Failure((await answer.text()).slice(0, 300).trim() || answer.statusText, answer.status);
    const address = ownAddress(answer.headers.get("Location"), location.href);
    if (!address) throw new Failure("the server gave no address for the upload", 400);
    if (file.size === 0) upload.path = answer.headers.get("Content-Location") ?? "";
    return address;
  }

  /** How much the server has; null if it does not know the upload (any more). */
  private async offsetAt(address: string, size: number): Promise<number | null> {
    const answer = await fetch(address, {method: "HEAD", headers: version, cache: "no-store"});
    if (answer.status === 404 || answer.status === 410 || answer.status === 403) return null;
    if (!answer.ok) throw new Failure(answer.statusText, answer.status);
    return parseOffset(answer.headers.get("Upload-Offset"), size);
  }

  /** Sends what fits into one request; gives the offset behind it. By XMLHttpRequest, since fetch() tells no progress. */
  private sendPiece(upload: Upload, address: string, offset: number, speed: Speed): Promise<number> {
    const {file} = upload;
    if (file.size === 0) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("PATCH", address);
      request.timeout = piece_timeout_ms;
      for (const [name, value] of Object.entries(version)) request.setRequestHeader(name, value);
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.setRequestHeader("Upload-Offset", String(offset));
      request.upload.onprogress = (event) => {
        upload.sent = offset + event.loaded;
        speed.add(performance.now(), upload.sent);
        upload.speed = speed.perSecond();
        this.changed();
      };
      const fail = (reason: string) => reject(new Failure(reason, 0));
      request.onerror = () => fail("the connection broke");
      request.ontimeout = () => fail("the connection is too slow");
      request.onabort = () => fail("paused");
      request.onload = () => {
        const reached = request.status === 204 || request.status === 200 ? parseOffset(request.getResponseHeader("Upload-Offset"), file.size) : null;
        if (reached === null) return reject(new Failure(request.responseText.slice(0, 300).trim() || request.statusText, request.status || 500));
        upload.path = request.getResponseHeader("Content-Location") ?? upload.path;
        resolve(reached);
      };
      request.send(file.slice(offset, offset + piece_bytes));
    });
  }

  private remember(key: string, address: string | null): void {
    const all = memory.uploads();
    if (address === null) all.delete(key);
    else all.set(key, address);
    memory.setUploads(all);
  }
}
