// What the browser's tests share: a server of their own, and Debian's Chromium with a page that reports what went wrong.
//
//   LEAT_PROGRAM   the program; build/release/leat unless set
//   CHROMIUM       the browser; /usr/bin/chromium unless set
//   LEAT_SHOTS     a folder for screenshots; build/web-shots unless set

import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {existsSync, mkdirSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";
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

  static async start() {
    const server = new Server();
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  async start() {
    const child = spawn(program, ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", this.data], {stdio: ["ignore", "pipe", "ignore"]});
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
  context.setDefaultTimeout(15_000);
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
