// The page in a real browser, with a real server.

import assert from "node:assert/strict";
import {randomBytes} from "node:crypto";
import {readFileSync, rmSync, writeFileSync} from "node:fs";
import {basename, join} from "node:path";
import {after, before, test} from "node:test";

import {expectTexts, joinAs, obstacle, openBrowser, openUser, say, Server, shots, texts} from "./harness.mjs";
import {playHistory} from "./played_server.mjs";

let browser;
let server;
const skip = obstacle || false;

before(async () => {
  if (skip) return;
  server = await Server.start();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** One after the other into a room of their own, of which the first is the operator. */
async function users(...nicks) {
  const all = [];
  for (const nick of nicks) {
    const user = await openUser(browser, server, nick, {place: `#room-${nicks.join("-")}`});
    await user.page.locator("#composer").waitFor();
    all.push(user);
  }
  return all;
}

async function finish(...all) {
  for (const user of all) {
    assert.deepEqual(user.faults, []);
    await user.context.close();
  }
}

test("two people talk, and each message stands there once and in order", {skip}, async () => {
  const [ann, bob] = await users("ann", "bob");
  await ann.page.locator("#composer").waitFor();
  await bob.page.locator("#composer").waitFor();
  await ann.page.getByRole("button", {name: "2 members"}).waitFor();
  await say(ann.page, "hello bob");
  await expectTexts(bob.page, ["hello bob"]);
  await say(bob.page, "hello ann");
  for (let i = 1; i <= 3; ++i) await say(ann.page, `line ${i}`);
  const all = ["hello bob", "hello ann", "line 1", "line 2", "line 3"];
  await expectTexts(ann.page, all);
  await expectTexts(bob.page, all);
  await finish(ann, bob);
});

test("a name that is taken is not given twice, and another is offered", {skip}, async () => {
  const [carl] = await users("carl");
  await carl.page.locator("#composer").waitFor();
  const other = await openUser(browser, server, "carl");
  await other.page.getByText("How about carl2?").waitFor();
  await other.page.waitForFunction(() => document.querySelector("#nick").value === "carl2");
  await other.page.getByRole("button", {name: /^Join/}).click();
  await other.page.getByRole("heading", {name: "All rooms"}).waitFor();
  await finish(carl, other);
});

test("rooms are listed with topic and members, and a click joins", {skip}, async () => {
  const [dora] = await users("dora");
  await say(dora.page, "/topic Tea at five");
  await dora.page.getByText("Tea at five").first().waitFor();
  const eve = await openUser(browser, server, "eve");
  const card = eve.page.getByRole("link", {name: /#room-dora/});
  await card.waitFor();
  assert.match(await card.innerText(), /1 member\b[\s\S]*Tea at five/);
  await card.click();
  await eve.page.locator("#composer").waitFor();
  await dora.page.getByRole("button", {name: "2 members"}).waitFor();
  await finish(dora, eve);
});

test("a private message reaches one person, and is found again after a reload", {skip}, async () => {
  const [fay, gus] = await users("fay", "gus");
  await fay.page.getByRole("button", {name: /gus.*Write to gus/}).click();
  await say(fay.page, "just between us");
  await gus.page.locator('.entry[href="#@fay"]').click();
  await expectTexts(gus.page, ["just between us"]);
  await say(gus.page, "sure");
  await expectTexts(fay.page, ["just between us", "sure"]);
  await finish(fay, gus);
});

test("a reload keeps name, room and place", {skip}, async () => {
  const [hal] = await users("hal");
  await say(hal.page, "before the reload");
  await expectTexts(hal.page, ["before the reload"]);
  await hal.page.reload();
  await expectTexts(hal.page, ["before the reload"]);
  assert.match(hal.page.url(), /#room-hal$/);
  await finish(hal);
});

test("nothing that users write is ever markup", {skip}, async () => {
  const [ida, jon] = await users("ida", "jon");
  const hostile = ["<img src=x onerror=\"document.title='owned'\">", "<script>document.title='owned'</script>", "javascript:alert(1)", "&lt;b&gt; \"'`", "\u202Egnp.exe"];
  for (const text of hostile) await say(ida.page, text);
  await expectTexts(jon.page, hostile.map((text) => text.trim()));
  await say(ida.page, "/topic <svg onload=alert(1)>");
  await jon.page.getByText("<svg onload=alert(1)>").first().waitFor();
  for (const {page} of [ida, jon]) {
    assert.equal(await page.locator(".messages img, .messages script, .bar svg[onload], a[href^=javascript]").count(), 0);
    assert.doesNotMatch(await page.title(), /owned/);
  }
  await finish(ida, jon);
});

test("when the server is killed and comes back, nothing is lost or doubled", {skip}, async () => {
  const own = await Server.start();
  const [kim, lea] = await Promise.all(["kim", "lea"].map((nick) => openUser(browser, own, nick, {place: "#mill"})));
  await kim.page.getByRole("button", {name: "2 members"}).waitFor();
  await say(kim.page, "one");
  await expectTexts(lea.page, ["one"]);
  await own.stop();
  await kim.page.getByText(/Connection lost|Connecting/).waitFor();
  await say(kim.page, "two");
  await say(kim.page, "three");
  assert.equal((await texts(kim.page)).length, 3);
  await own.start();
  await expectTexts(kim.page, ["one", "two", "three"]);
  await expectTexts(lea.page, ["one", "two", "three"]);
  await say(lea.page, "four");
  await expectTexts(kim.page, ["one", "two", "three", "four"]);
  await finish(kim, lea);
  await own.end();
});

test("it looks right, in every size and light, and for a screen reader", {skip}, async () => {
  const [mia, noa] = await users("mia", "noa");
  await mia.page.locator("#composer").waitFor();
  await say(mia.page, "/topic Weekly sync, https://example.org/notes");
  for (const text of ["Good morning! The new page is up.", "See https://example.org/a_(b) and `leat serve` — @noa have a look", "第二行：中文也可以。", "مرحبا بالعالم"]) await say(mia.page, text);
  await say(noa.page, "mia: looks calm, I like it");
  await expectTexts(mia.page, ["mia: looks calm, I like it"]);
  await say(noa.page, "/me waves");
  await say(mia.page, "A longer message, to see how lines break when somebody has rather more to say than fits beside the list of people, which does happen.");
  await mia.page.waitForTimeout(300);
  const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  for (const [name, width, height, colorScheme] of [["wide-light", 1280, 800, "light"], ["wide-dark", 1280, 800, "dark"], ["phone-light", 360, 740, "light"], ["phone-dark", 360, 740, "dark"]]) {
    await mia.page.setViewportSize({width, height});
    await mia.page.emulateMedia({colorScheme});
    if (width < 1000 && (await mia.page.locator(".panel").count()) > 0) await mia.page.locator(".panel").getByRole("button", {name: "Close"}).click();
    await mia.page.waitForTimeout(200);
    await mia.page.screenshot({path: `${shots}/${name}.png`});
    const overflow = await mia.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`);
    const session = await mia.context.newCDPSession(mia.page);
    await session.send("Runtime.evaluate", {expression: axe});
    const found = await mia.page.evaluate(() => window.axe.run());
    const serious = found.violations.filter((each) => each.impact === "serious" || each.impact === "critical");
    assert.deepEqual(serious.map((each) => `${name}: ${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" ; ")}`), []);
  }
  const fresh = await openUser(browser, server, null);
  await fresh.page.screenshot({path: `${shots}/join.png`});
  await finish(mia, noa, fresh);
});

test("a file that is chosen goes to the room, and a picture is shown to all in it", {skip}, async () => {
  const [oda, pip] = await users("oda", "pip");
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await oda.page.locator("input[type=file]").first().setInputFiles([{name: "dot <b>.png", mimeType: "image/png", buffer: png}, {name: "x.html", mimeType: "text/html", buffer: Buffer.from("<script>1</script>")}]);
  const picture = pip.page.locator(".file-card img");
  await picture.waitFor();
  await pip.page.waitForFunction(() => document.querySelector(".file-card img")?.naturalWidth === 1);
  assert.equal(await picture.getAttribute("alt"), "dot <b>.png");
  await pip.page.locator(".file-card").nth(1).waitFor();
  assert.equal(await pip.page.locator(".file-card").nth(1).locator("img, iframe").count(), 0);
  const listed = oda.page.locator(".files .file-line");
  await oda.page.waitForFunction(() => document.querySelectorAll(".files .file-line").length === 2);
  assert.deepEqual(await listed.locator(".file-name").allInnerTexts(), ["dot <b>.png", "x.html"]);
  await finish(oda, pip);
});

test("an upload goes on where it was when the server was killed and came back", {skip}, async () => {
  const own = await Server.start();
  const quin = await openUser(browser, own, "quin", {place: "#mill"});
  await quin.page.locator("#composer").waitFor();
  const file = join(own.data, "..", `leat-web-upload-${process.pid}.bin`);
  const content = randomBytes(48 << 20);
  writeFileSync(file, content);
  try {
    const session = await quin.context.newCDPSession(quin.page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 16 << 20});
    await quin.page.locator("input[type=file]").first().setInputFiles(file);
    await quin.page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 12 * 1024 * 1024);
    await quin.page.getByRole("button", {name: "Pause"}).click();
    await own.stop();
    await own.start();
    await session.send("Network.emulateNetworkConditions", {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1});
    await quin.page.locator(".panel").getByRole("button", {name: "Go on"}).click();
    await quin.page.locator(".upload.done").waitFor({timeout: 60_000});
    const back = await (await fetch(`${own.url}rooms/mill/files/${basename(file)}`)).arrayBuffer();
    assert.ok(content.equals(Buffer.from(back)));
  } finally {
    rmSync(file);
  }
  await finish(quin);
  await own.end();
});

test("ten thousand messages are scrolled through in order, with a small document", {skip}, async () => {
  const count = 10_000;
  const user = await openUser(browser, server, null, {place: "#tea", played: (socket) => playHistory(socket, "#tea", count)});
  await joinAs(user.page, "me");
  await expectTexts(user.page, [`text ${count - 1}`, `text ${count}`]);
  const seen = await user.page.evaluate(async () => {
    const list = document.querySelector(".message-scroll");
    const numbers = () => [...list.querySelectorAll(".message-text")].map((each) => Number(each.innerText.slice(5)));
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const times = [];
    let [most, last] = [0, performance.now()];
    let lowest = Infinity;
    for (const begun = performance.now(); lowest > 1 && performance.now() - begun < 60_000;) {
      list.scrollTop -= 900;
      await frame();
      const drawn = numbers();
      if (drawn.some((each, index) => index > 0 && each !== drawn[index - 1] + 1)) return {broken: drawn};
      lowest = Math.min(lowest, drawn[0]);
      most = Math.max(most, drawn.length);
      times.push(performance.now() - last);
      last = performance.now();
    }
    times.sort((left, right) => left - right);
    const at = (part) => Math.round(times[Math.floor(part * (times.length - 1))]);
    return {lowest, most, frames: times.length, median: at(0.5), most95: at(0.95), slowest: at(1)};
  });
  assert.equal(seen.broken, undefined);
  assert.equal(seen.lowest, 1);
  assert.ok(seen.most <= 170, `${seen.most} messages in the document`);
  // Far more than it takes: the machine may be busy, and there is no graphics card here.
  assert.ok(seen.median < 150, JSON.stringify(seen));
  console.log(`frames: ${JSON.stringify(seen)}`);
  await user.page.getByRole("button", {name: "Jump to the latest"}).click();
  await expectTexts(user.page, [`text ${count}`]);
  await user.page.goto(`${server.url}#tea/m5000`);
  await user.page.locator(".message.marked", {hasText: "text 5000"}).waitFor();
  await finish(user);
});
