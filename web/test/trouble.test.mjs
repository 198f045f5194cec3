// What goes wrong between a page and the server, and must not be noticed afterwards: reloads, closed tabs, cut networks,
// and a server that is killed.

import assert from "node:assert/strict";
import {test} from "node:test";

import {expectTexts, finish, joinAs, Network, openUser, say, seriousFaults, Server, speakBare, stage, texts, until} from "./harness.mjs";

const on = stage();
const {skip} = on;

/** What stands confirmed on a page, in order. */
const confirmed = (page) => page.locator(".message:not(.pending) .message-text").allInnerTexts();

test("a reload keeps name, room, draft and unread line", {skip}, async () => {
  const [hal, ida] = await on.users("hal", "ida");
  await say(ida.page, "before the reload");
  await expectTexts(hal.page, ["before the reload"]);
  await hal.page.locator("#composer").fill("not yet sent\nat all");
  await hal.page.evaluate(() => {
    Object.defineProperty(document, "hasFocus", {value: () => false, configurable: true});
    dispatchEvent(new Event("blur"));
  });
  await say(ida.page, "unseen");
  await expectTexts(hal.page, ["before the reload", "unseen"]);
  await hal.page.locator(".new-line").waitFor();
  await hal.page.reload();
  await expectTexts(hal.page, ["before the reload", "unseen"]);
  assert.match(hal.page.url(), /#room-hal-ida$/);
  assert.equal(await hal.page.locator("#composer").inputValue(), "not yet sent\nat all");
  assert.ok(await hal.page.evaluate(() => {
    const line = document.querySelector(".new-line");
    return line?.compareDocumentPosition([...document.querySelectorAll(".message")].find((each) => each.innerText.includes("unseen"))) === Node.DOCUMENT_POSITION_FOLLOWING;
  }), "the line stands above what was not seen");
  await finish(hal, ida);
});

test("unread counts survive a reload, and go when the room is looked at", {skip}, async () => {
  const [jim, kay] = await on.users("jim", "kay");
  await jim.page.getByRole("link", {name: "All rooms"}).click();
  await say(kay.page, "one");
  await say(kay.page, "jim: two");
  const badge = jim.page.locator('.entry[href="#room-jim-kay"] .badge');
  await jim.page.waitForFunction(() => document.querySelector('.entry[href="#room-jim-kay"] .badge')?.textContent === "2");
  await jim.page.reload();
  await jim.page.waitForFunction(() => document.querySelector('.entry[href="#room-jim-kay"] .badge.loud')?.textContent === "2");
  assert.match(await jim.page.title(), /^\(1\) /);
  await jim.page.locator('.entry[href="#room-jim-kay"]').click();
  await expectTexts(jim.page, ["one", "jim: two"]);
  await badge.waitFor({state: "detached"});
  await jim.page.reload();
  await expectTexts(jim.page, ["one", "jim: two"]);
  assert.equal(await badge.count(), 0);
  await finish(jim, kay);
});

test("a reload keeps the place in a long conversation", {skip}, async () => {
  const user = await openUser(on.browser, on.server, null, {place: "#tea"});
  const {playHistory} = await import("./played_server.mjs");
  await user.page.routeWebSocket(/\/irc$/, (socket) => playHistory(socket, "#tea", 400));
  await user.page.reload();
  await joinAs(user.page, "me");
  await expectTexts(user.page, ["text 400"]);
  const top = () => user.page.evaluate(() => {
    const list = document.querySelector(".message-scroll");
    const edge = list.getBoundingClientRect().top;
    const row = [...list.querySelectorAll(".message")].find((each) => each.getBoundingClientRect().bottom > edge);
    return {text: row.querySelector(".message-text").innerText, top: Math.round(row.getBoundingClientRect().top - edge)};
  });
  await user.page.evaluate(async () => {
    const list = document.querySelector(".message-scroll");
    const lowest = () => Number(list.querySelector(".message-text").innerText.slice(5));
    while (lowest() > 150) {
      list.scrollTop -= 700;
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 10)));
    }
  });
  const before = await until(async () => {
    const [one, other] = [await top(), (await user.page.waitForTimeout(200), await top())];
    return one.text === other.text && one.top === other.top && one;
  }, "the list is at rest");
  await user.page.reload();
  await user.page.locator(".message-text").first().waitFor();
  await until(async () => {
    const now = await top();
    return now.text === before.text && Math.abs(now.top - before.top) <= 2;
  }, `${JSON.stringify(before)} is on top again`);
  await finish(user);
});

test("while the server is killed and comes back, both write on: nothing is lost or doubled, and the order is one", {skip}, async () => {
  const own = await Server.start();
  const [kim, lea] = await Promise.all(["kim", "lea"].map((nick) => openUser(on.browser, own, nick, {place: "#mill"})));
  for (const {page} of [kim, lea]) await page.getByRole("button", {name: "2 members"}).waitFor();
  for (const {page} of [kim, lea]) {
    await page.evaluate(() => {
      const line = document.querySelector("#composer");
      new MutationObserver(() => line.isConnected || (window.lineWasGone = true)).observe(document.body, {childList: true, subtree: true});
    });
  }
  const rounds = 12;
  const write = async ({page}, nick) => {
    for (let n = 1; n <= rounds; ++n) {
      await say(page, `${nick} ${n}`);
      await page.waitForTimeout(100);
    }
  };
  const writing = [write(kim, "kim"), write(lea, "lea")];
  for (const at of [3, 8]) {
    await until(async () => (await texts(kim.page)).includes(`kim ${at}`), `kim has written ${at}`);
    await own.stop();
    await kim.page.getByText(/Connection lost|Connecting/).waitFor();
    await own.start();
  }
  await Promise.all(writing);
  for (const {page} of [kim, lea]) await until(async () => (await confirmed(page)).length >= 2 * rounds, "all is confirmed").catch(() => undefined);
  const [first, second] = [await confirmed(kim.page), await confirmed(lea.page)];
  const expected = ["kim", "lea"].flatMap((nick) => Array.from({length: rounds}, (_, n) => `${nick} ${n + 1}`));
  for (const {page} of [kim, lea]) {
    assert.deepEqual(await page.locator(".message.pending").allInnerTexts(), []);
    assert.equal(await page.evaluate(() => window.lineWasGone ?? false), false, "the line to write in stays under the fingers");
  }
  assert.deepEqual([...first].sort(), expected.sort());
  assert.deepEqual(first, second);
  for (const nick of ["kim", "lea"]) assert.deepEqual(first.filter((each) => each.startsWith(nick)), Array.from({length: rounds}, (_, n) => `${nick} ${n + 1}`));
  await lea.page.reload();
  await expectTexts(lea.page, first);
  await finish(kim, lea);
  await own.end();
});

test("when the network is cut that is shown, and it comes back by itself with what was missed", {skip}, async () => {
  const network = await Network.before(on.server);
  const mia = await openUser(on.browser, network, "mia", {place: "#cut"});
  const ned = await openUser(on.browser, on.server, "ned", {place: "#cut"});
  await mia.page.getByRole("button", {name: "2 members"}).waitFor();
  await say(mia.page, "hello");
  await expectTexts(ned.page, ["hello"]);
  await speakBare(on.server, "visitor", ["JOIN #cut"]);
  await mia.page.getByRole("button", {name: "2 members"}).waitFor();
  network.cut();
  await mia.page.getByText(/Connection lost/).waitFor();
  await say(ned.page, "are you there?");
  await say(ned.page, "hm");
  await say(mia.page, "unsent one");
  await say(mia.page, "unsent two");
  await mia.page.getByText("will be sent when you are connected").first().waitFor();
  assert.deepEqual(await texts(ned.page), ["hello", "are you there?", "hm"]);
  network.mend();
  const all = ["hello", "are you there?", "hm", "unsent one", "unsent two"];
  await expectTexts(mia.page, all);
  await expectTexts(ned.page, all);
  await mia.page.getByText(/Connection lost|Connecting/).waitFor({state: "detached"});
  assert.deepEqual(await texts(mia.page), all);
  assert.deepEqual(await texts(ned.page), all);
  // It came and went before their eyes, and once more out of the history: one of each, which is nothing to tell.
  assert.equal(await mia.page.locator(".events", {hasText: "visitor"}).count(), 0);
  await finish(mia, ned);
  network.end();
});

test("the browser's own offline switch is noticed, and its end", {skip}, async () => {
  const [olga] = await on.users("olga");
  await say(olga.page, "here");
  await olga.context.setOffline(true);
  await on.server.stop();
  await olga.page.getByText(/Connection lost/).waitFor();
  await say(olga.page, "later");
  await olga.page.getByText("will be sent when you are connected").waitFor();
  assert.deepEqual(await seriousFaults(olga.page, "offline"), []);
  await on.server.start();
  await olga.context.setOffline(false);
  await expectTexts(olga.page, ["here", "later"]);
  await finish(olga);
});

test("what a closed tab could not send is sent once when the page is opened again", {skip}, async () => {
  const network = await Network.before(on.server);
  const pia = await openUser(on.browser, network, "pia", {place: "#closed"});
  const quin = await openUser(on.browser, on.server, "quin", {place: "#closed"});
  await pia.page.getByRole("button", {name: "2 members"}).waitFor();
  await say(pia.page, "sent");
  await expectTexts(quin.page, ["sent"]);
  network.cut();
  await pia.page.getByText(/Connection lost/).waitFor();
  await say(pia.page, "kept one");
  await say(pia.page, "/me keeps two");
  await pia.page.close();
  network.mend();
  const again = await pia.context.newPage();
  await again.goto(`${network.url}#closed`);
  await quin.page.locator(".message.action", {hasText: "pia keeps two"}).waitFor();
  const other = await pia.context.newPage(); // a second tab of the same browser has nothing left to send
  await other.goto(network.url);
  await other.getByText(/is taken/).waitFor();
  await again.waitForFunction(() => document.querySelectorAll(".message").length >= 3 && !document.querySelector(".pending"));
  const wanted = ["sent", "kept one", "pia keeps two"];
  assert.deepEqual(await texts(quin.page), wanted);
  assert.deepEqual(await texts(again), wanted);
  assert.deepEqual(await again.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("leat.unsent."))), []);
  await finish(pia, quin);
  network.end();
});
