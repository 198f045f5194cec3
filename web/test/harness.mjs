// What the browser's tests share: a server of their own, and Debian's Chromium with a page that reports what went wrong.
//
//   LEAT_PROGRAM   the program; build/release/leat unless set
//   CHROMIUM       the browser; /usr/bin/chromium unless set
//   LEAT_SHOTS     a folder for screenshots; build/web-shots unless set

import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";
import {connect, createServer} from "node:net";
import {after, before} from "node:test";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import {chromium} from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = resolve(process.env.LEAT_PROGRAM ?? join(root, "build/release/leat"));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const shots = resolve(process.env.LEAT_SHOTS ?? join(root, "build/web-shots"));
mkdirSync(shots, {recursive: true});

/** Why the tests cannot run here; empty if they can. */
export const obstacle = existsSync(executablePath) ? "" : `${executablePath} is not there (script/install test installs it)`;

/** A server on a port of the kernel's choice, which can be killed and started again on the same one. */
export class Server {
  data = mkdtempSync(join(tmpdir(), "leat-web-"));
  port = 0;
  #process = null;

  /** `settings`: as `leat serve --set` takes them. */
  static async start(...settings) {
    const server = new Server();
    server.flags = settings.flatMap((each) => ["--set", each]);
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  async start() {
    const child = spawn(program, ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", this.data, ...this.flags], {stdio: ["ignore", "pipe", "ignore"]});
    this.#process = child;
    for await (const line of createInterface({input: child.stdout})) {
      const found = /^listening on .*:(\d+)$/.exec(line);
      if (!found) continue;
      this.port = Number(found[1]);
      return;
    }
    throw new Error("the server did not start");
  }

  async stop(signal = "SIGKILL") {
    const child = this.#process;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  async end() {
    await this.stop();
    rmSync(this.data, {recursive: true, force: true});
  }
}

const patience_ms = 30_000;

/** Looks again and again until check() gives something true, and returns that. */
export async function until(check, what) {
  for (const begun = performance.now(); performance.now() - begun < patience_ms;) {
    const found = await check();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`not within ${patience_ms} ms: ${what}`);
}

/** A network between pages and a server, which can be cut: then what is open breaks, and nothing new is let through. */
export class Network {
  #sockets = new Set();
  #isCut = false;

  static async before(server) {
    const network = new Network();
    network.listener = createServer((near) => network.#accepted(near, server.port));
    await new Promise((done) => network.listener.listen(0, "127.0.0.1", done));
    return network;
  }

  get url() {
    return `http://127.0.0.1:${this.listener.address().port}/`;
  }

  #accepted(near, port) {
    if (this.#isCut) return near.destroy();
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => (this.#sockets.delete(one), other.destroy()));
    }
  }

  cut() {
    this.#isCut = true;
    for (const each of this.#sockets) each.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  end() {
    this.cut();
    this.listener.close();
  }
}

/** Says lines to a server by bare IRC, and waits until it has taken them all. */
export async function speakBare(server, nick, lines) {
  const socket = connect(server.port, "127.0.0.1");
  let heard = "";
  socket.on("data", (data) => (heard += data));
  socket.write([`NICK ${nick}`, `USER ${nick} 0 * ${nick}`, ...lines, "PING :all-said", ""].join("\r\n"));
  await until(() => heard.includes("all-said"), `${nick} has said all`);
  socket.end("QUIT :done\r\n");
  await new Promise((done) => socket.once("close", done));
}

const irssiSettings = (port, nick, home) => `
servers = ( { address = "127.0.0.1"; port = "${port}"; chatnet = "leat"; autoconnect = "yes"; } );
chatnets = { leat = { type = "IRC"; }; };
settings = {
  core = { nick = "${nick}"; user_name = "${nick}"; real_name = "${nick}"; };
  "irc/core" = { cmds_max_at_once = "100"; cmd_queue_speed = "10msec"; };
  "fe-common/core" = { autolog = "yes"; autolog_path = "${home}/$0.log"; autolog_level = "all"; theme = "default"; };
};
`;

/** Debian's irssi on a terminal that script(1) makes. Keys go in; what it shows it also logs, a file for each window. */
export class Irssi {
  static obstacle = existsSync("/usr/bin/irssi") ? "" : "/usr/bin/irssi is not there (script/install test installs it)";
  home = mkdtempSync(join(tmpdir(), "leat-irssi-"));

  /** It ends with the test `of`. */
  static async start(of, server, nick, room) {
    const irssi = new Irssi();
    of.after(() => irssi.#end());
    writeFileSync(join(irssi.home, "config"), irssiSettings(server.port, nick, irssi.home));
    const command = `stty rows 50 cols 200; exec irssi --home ${irssi.home}`;
    irssi.process = spawn("script", ["-qefc", command, "/dev/null"], {stdio: ["pipe", "pipe", "ignore"], env: {...process.env, TERM: "xterm", LC_ALL: "C.UTF-8"}});
    let screen = "";
    irssi.process.stdout.on("data", (data) => (screen = (screen + data).slice(-100_000)));
    await until(() => /MOTD/.test(screen), "irssi is registered");
    irssi.enter(`/join ${room}`);
    await until(() => irssi.log(room).includes(nick), "irssi is in the room");
    return irssi;
  }

  enter(text) {
    this.process.stdin.write(`${text}\r`);
  }

  log(conversation) {
    const path = join(this.home, `${conversation}.log`);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Who said what there, in order. */
  said(conversation) {
    return [...this.log(conversation).matchAll(/^\d\d:\d\d <[ @+]?([^>]+)> (.*)$/gm)].map(([, nick, text]) => `${nick}: ${text}`);
  }

  async #end() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM"); // script(1) passes it on
    await ended;
    rmSync(this.home, {recursive: true, force: true});
  }
}

/** What a file of tests plays on: a browser and a server, from its first test to its last. */
export function stage() {
  const on = {
    skip: obstacle || false, browser: null, server: null,
    /** One after the other into a room of their own, of which the first is the operator. */
    async users(...nicks) {
      const all = [];
      for (const nick of nicks) {
        const user = await openUser(on.browser, on.server, nick, {place: `#room-${nicks.join("-")}`});
        await user.page.locator("#composer").waitFor();
        all.push(user);
      }
      return all;
    },
  };
  before(async () => {
    if (on.skip) return;
    on.server = await Server.start();
    on.browser = await openBrowser();
  });
  after(async () => {
    await on.browser?.close();
    await on.server?.end();
  });
  return on;
}

/** The end of a test: nothing may have gone wrong on any page. */
export async function finish(...all) {
  for (const user of all) {
    assert.deepEqual(user.faults, []);
    await user.context.close();
  }
}

export async function openBrowser() {
  return chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

/**
 * A user's page: a browser profile of its own. What breaks the policy, or the page, is kept in `faults`. `played`: answers
 * its WebSocket instead of the server.
 */
export async function openUser(browser, server, nick, {place = "", played, ...options} = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: "en-GB", ...options});
  context.setDefaultTimeout(patience_ms);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/WebSocket connection|Failed to load resource|net::ERR/.test(text)) faults.push(text);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.url.replace("http", "ws"))) faults.push(`asked ${request.url()}`);
  });
  if (played) await page.routeWebSocket(/\/irc$/, played);
  await page.goto(server.url + place);
  if (nick) await joinAs(page, nick);
  return {page, context, faults};
}

export async function joinAs(page, nick) {
  await page.getByLabel("Your name").fill(nick);
  await page.getByRole("button", {name: /^Join/}).click();
}

export async function say(page, text) {
  const field = page.locator("#composer");
  await field.fill(text);
  await field.press("Enter");
}

/** The messages that stand in the list, confirmed or not. */
export function texts(page) {
  return page.locator(".message .message-text").allInnerTexts();
}

/** Waits until the list ends with exactly these messages. */
export async function expectTexts(page, expected) {
  await page.waitForFunction((wanted) => {
    const found = [...document.querySelectorAll(".message:not(.pending) .message-text")].map((each) => each.innerText);
    return JSON.stringify(found.slice(-wanted.length)) === JSON.stringify(wanted);
  }, expected).catch(async () => assert.deepEqual(await texts(page), expected));
}

/** What axe-core finds that is serious or worse, in words. */
export async function seriousFaults(page, where) {
  const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", {expression: axe}); // not as a script of the page, which the policy forbids
  const found = await page.evaluate(() => window.axe.run());
  await session.detach();
  return found.violations.filter((each) => each.impact === "serious" || each.impact === "critical")
    .map((each) => `${where}: ${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" ; ")}`);
}
