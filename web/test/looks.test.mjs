// How the page looks and what it lets happen: sizes, light, languages, keys, screen readers, and what strangers name things.

import assert from "node:assert/strict";
import {statSync} from "node:fs";
import {test} from "node:test";
import {fileURLToPath} from "node:url";

import {expectTexts, finish, joinAs, openUser, say, seriousFaults, shots, stage, until} from "./harness.mjs";

const on = stage();
const {skip} = on;
const mostAtFirst_bytes = 60 * 1024;
const desktop = {width: 1280, height: 800};
const phone = {width: 360, height: 740};

/** A picture of hills, for the conversation to have something to show. */
async function dropPicture(page, name) {
  const transfer = await page.evaluateHandle(async (name) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, {width: 1200, height: 720});
    const pen = canvas.getContext("2d");
    const sky = pen.createLinearGradient(0, 0, 0, 720);
    sky.addColorStop(0, "#7fb7c9");
    sky.addColorStop(1, "#f3dcb4");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 1200, 720);
    ["#6f9e8f", "#3f7f74", "#16564e"].forEach((colour, row) => {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.moveTo(0, 720);
      for (let x = 0; x <= 1200; x += 20) pen.lineTo(x, 360 + row * 110 + 70 * Math.sin(x / (150 + 60 * row) + row * 2));
      pen.lineTo(1200, 720);
      pen.fill();
    });
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], name, {type: "image/png"}));
    return transfer;
  }, name);
  await page.locator(".message-scroll").dispatchEvent("drop", {dataTransfer: transfer});
}

/** Ann and Noa in a room that has a little of everything, seen by Ann. `mark`: stands behind the names. */
async function playScene(locale, mark = `-${locale}`) {
  const room = `#mill${mark}`;
  const users = {};
  for (const [nick, options] of [[`ann${mark}`, {locale}], [`noa${mark}`, {}]]) {
    const user = await openUser(on.browser, on.server, null, {place: room, ...options});
    await user.page.locator("#nick").fill(nick);
    await user.page.locator("button[type=submit]").click();
    await user.page.locator("#composer").waitFor();
    users[nick.slice(0, 3)] = user;
  }
  const {ann: me, noa: other} = users;
  await say(me.page, "/topic Weekly sync, notes at https://example.org/notes");
  for (const text of ["Good morning! The new wheel turns since seven.", "See https://example.org/a_(b) and `leat serve`, then tell me what you think.", "第二行：中文也可以。", "مرحبا بالعالم"]) await say(me.page, text);
  await expectTexts(other.page, ["مرحبا بالعالم"]);
  await say(other.page, `ann${mark}: it runs quietly, I like it`);
  await say(other.page, "/me waves");
  await expectTexts(me.page, [`noa${mark} waves`]);
  const long = "A longer message, to see how lines break when somebody has rather more to say than fits beside the list of people, which does happen.";
  await say(me.page, long);
  await expectTexts(other.page, [long]);
  await dropPicture(other.page, "valley.png");
  await me.page.waitForFunction(() => document.querySelector(".file-card img")?.naturalWidth === 1200);
  const answered = other.page.locator(".message", {hasText: "The new wheel turns"});
  await answered.hover();
  await answered.locator(".message-tools button").first().click();
  await say(other.page, "Since six, to be exact.");
  await expectTexts(me.page, ["Since six, to be exact."]);
  return {me, other};
}

/** Takes a picture of the page at rest. */
async function takePicture(page, path, size, colorScheme) {
  await page.setViewportSize(size);
  await page.emulateMedia({colorScheme, reducedMotion: "reduce"});
  await page.mouse.move(0, 0);
  await page.waitForFunction(() => !document.querySelector(".toast.shown, .notice, .message:hover"));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({path});
}

async function look({page}, name, size, colorScheme) {
  await takePicture(page, `${shots}/${name}-${colorScheme}.png`, size, colorScheme);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`);
  assert.deepEqual(await seriousFaults(page, `${name}-${colorScheme}`), []);
}

const inBothLights = async (user, name, size) => {
  for (const light of ["light", "dark"]) await look(user, name, size, light);
};

for (const locale of ["en-GB", "zh-CN"]) {
  const language = locale.slice(0, 2);
  test(`it looks right on a desktop and a phone, in light and dark, and to a screen reader: ${language}`, {skip}, async () => {
    const fresh = await openUser(on.browser, on.server, null, {locale});
    await inBothLights(fresh, `${language}-join-desktop`, desktop);
    await inBothLights(fresh, `${language}-join-phone`, phone);
    const {me, other} = await playScene(locale);
    const {page} = me;
    await inBothLights(me, `${language}-talk-desktop`, desktop);
    await page.locator(".member", {hasText: "noa"}).click();
    await page.locator("dialog.card .facts").waitFor();
    await page.waitForFunction(() => document.querySelectorAll("dialog.card dd").length > 2);
    await inBothLights(me, `${language}-profile-desktop`, desktop);
    await inBothLights(me, `${language}-profile-phone`, phone);
    await page.keyboard.press("Escape");
    await page.setViewportSize(desktop);
    await page.locator("#toggle-files").click();
    await page.locator(".files .file-line").waitFor();
    await inBothLights(me, `${language}-files-desktop`, desktop);
    await inBothLights(me, `${language}-files-phone`, phone);
    await page.locator("#toggle-files").click({force: true}).catch(() => undefined);
    if ((await page.locator(".panel").count()) > 0) await page.locator(".panel header button").last().click();
    await inBothLights(me, `${language}-talk-phone`, phone);
    await page.locator("#toggle-members").click();
    await inBothLights(me, `${language}-members-phone`, phone);
    await page.locator(".panel header button").last().click();
    await page.locator(".menu-button").first().click();
    await inBothLights(me, `${language}-menu-phone`, phone);
    await page.locator(".sidebar .entry").first().click();
    await page.locator(".room-card").first().waitFor();
    await inBothLights(me, `${language}-rooms-phone`, phone);
    await inBothLights(me, `${language}-rooms-desktop`, desktop);
    await finish(fresh, me, other);
  });
}

test("the picture in the README shows the page as it is", {skip: skip || !process.env.LEAT_PICTURE}, async () => {
  const {me, other} = await playScene("en-GB", "");
  const path = fileURLToPath(new URL("../../docs/page.png", import.meta.url));
  await takePicture(me.page, path, {width: 1120, height: 720}, "light");
  assert.ok(statSync(path).size < 200_000, `${statSync(path).size} bytes`);
  await finish(me, other);
});

test("keys are enough: join, write, see who is there and who they are, and come back by Escape", {skip}, async () => {
  const kai = await openUser(on.browser, on.server, null, {place: "#keys"});
  const {page} = kai;
  const {keyboard} = page;
  await page.waitForFunction(() => document.activeElement?.id === "nick");
  await keyboard.type("kai");
  await keyboard.press("Enter");
  await page.locator("#composer").waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "composer");
  await keyboard.type("first");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second");
  await keyboard.press("Enter");
  await expectTexts(page, ["first", "second"]);
  await keyboard.press("ArrowUp");
  assert.equal(await page.locator("#composer").inputValue(), "first\nsecond");
  await keyboard.press("Control+a");
  await keyboard.press("Delete");
  for (let tab = 0; !(await page.evaluate(() => document.activeElement?.id === "toggle-members")); ++tab) {
    assert.ok(tab < 40, "the button is reached by Shift+Tab");
    await keyboard.press("Shift+Tab");
  }
  await keyboard.press("Enter"); // it is open on a desktop: closes it
  await page.locator(".panel").waitFor({state: "detached"});
  await keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.classList.contains("panel"));
  for (let tab = 0; !(await page.evaluate(() => document.activeElement?.classList.contains("member"))); ++tab) {
    assert.ok(tab < 10, "the member is reached by Tab");
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await page.getByRole("dialog", {name: "kai"}).waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog", {name: "kai"}).waitFor({state: "detached"});
  await page.waitForFunction(() => document.activeElement?.classList.contains("member"));
  await keyboard.press("Escape");
  await page.locator(".panel").waitFor({state: "detached"});
  assert.equal(await page.evaluate(() => document.activeElement?.id), "toggle-members");
  await finish(kai);
});

test("a tap is enough to answer a message on a phone", {skip}, async () => {
  const uma = await openUser(on.browser, on.server, null, {place: "#tap", viewport: phone, hasTouch: true, isMobile: true});
  await joinAs(uma.page, "uma");
  await say(uma.page, "tap me");
  await expectTexts(uma.page, ["tap me"]);
  const message = uma.page.locator(".message", {hasText: "tap me"});
  await message.locator(".message-text").tap();
  await message.getByRole("button", {name: "Reply"}).tap();
  await uma.page.getByText("Replying to uma: tap me").waitFor();
  await finish(uma);
});

test("the first load is small", {skip}, async () => {
  const user = await openUser(on.browser, on.server, null);
  const session = await user.context.newCDPSession(user.page);
  let bytes = 0;
  session.on("Network.loadingFinished", ({encodedDataLength}) => (bytes += encodedDataLength));
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", {cacheDisabled: true});
  // Brotli is smaller; what counts is what every browser gets.
  await session.send("Network.setExtraHTTPHeaders", {headers: {"Accept-Encoding": "gzip"}});
  await user.page.reload();
  await user.page.locator("#nick").waitFor();
  await until(() => bytes > 10_000, "the page's parts were counted");
  console.log(`first load: ${bytes} bytes`);
  assert.ok(bytes <= mostAtFirst_bytes, `${bytes} bytes`);
  await finish(user);
});

// --- What strangers name things

const markup = "<img/src=x/onerror=document.title='owned'>";

/** No text of a user has become an element, and no script of one has run. */
async function expectHarmless(...all) {
  for (const {page} of all) {
    assert.equal(await page.locator("img[src=x], svg[onload], [onerror], [onload], #page script, iframe, a[href^=javascript]").count(), 0);
    assert.notEqual(await page.title(), "owned");
  }
}

test("a hostile room name is a name", {skip}, async () => {
  const room = `#${markup}"'`;
  const lou = await openUser(on.browser, on.server, "lou");
  await lou.page.getByPlaceholder("Room name").fill(room);
  await lou.page.getByRole("button", {name: "Join or make a room"}).click();
  await lou.page.getByRole("heading", {name: room}).waitFor();
  await say(lou.page, "still here");
  await expectTexts(lou.page, ["still here"]);
  await say(lou.page, "/join #turned\u202e");
  await lou.page.getByText(/cannot be the name of a room/).waitFor();
  const max = await openUser(on.browser, on.server, "max");
  await max.page.locator(".room-card", {hasText: "onerror"}).click();
  await expectTexts(max.page, ["still here"]);
  await max.page.reload();
  await expectTexts(max.page, ["still here"]);
  await expectHarmless(lou, max);
  await finish(lou, max);
});

test("a hostile name of a person is a name", {skip}, async () => {
  const [nia] = await on.users("nia");
  const odd = "__proto__[x]{}^|`\\-";
  const guest = await openUser(on.browser, on.server, null, {place: "#room-nia"});
  await joinAs(guest.page, odd);
  await guest.page.locator("#composer").waitFor();
  await say(guest.page, "hi nia");
  await expectTexts(nia.page, ["hi nia"]);
  await nia.page.locator(".member", {hasText: "__proto__"}).click();
  await nia.page.getByRole("button", {name: `Write to ${odd}`}).click();
  await say(nia.page, "hi you");
  await guest.page.locator('.entry[href="#@nia"]').click();
  await expectTexts(guest.page, ["hi you"]);
  const bad = await openUser(on.browser, on.server, null);
  await bad.page.locator("#nick").fill(markup);
  assert.doesNotMatch(await bad.page.locator("button[type=submit]").innerText(), /[<>=`]onerror/);
  await expectHarmless(nia, guest, bad);
  await finish(nia, guest, bad);
});

test("a hostile topic is text", {skip}, async () => {
  const [oki, pia] = await on.users("oki", "pia");
  await say(oki.page, `/topic ${markup} <svg onload=alert(1)> javascript:alert(1) \u202eevil`);
  await pia.page.locator(".topic", {hasText: "<svg onload=alert(1)>"}).waitFor();
  await pia.page.getByRole("link", {name: "All rooms"}).click();
  await pia.page.locator(".room-topic", {hasText: "<svg onload=alert(1)>"}).waitFor();
  await expectHarmless(oki, pia);
  await finish(oki, pia);
});

test("a hostile message is text", {skip}, async () => {
  const [quo, ria] = await on.users("quo", "ria");
  const hostile = [markup, "<script>document.title='owned'</script>", "javascript:alert(1)", "&lt;b&gt; \"'`", "\u202Egnp.exe", "https://example.org@evil.example/",
    "ria shared x.svg (1 B): http://evil.example/files/x.svg", "\u0000\u0001x".replace("\u0000", ""), "a".repeat(300)];
  for (const text of hostile) await say(quo.page, text);
  await expectTexts(ria.page, [hostile.at(-1)]);
  const seen = await ria.page.locator(".message-text").allInnerTexts();
  assert.equal(seen[0], markup);
  assert.equal(await ria.page.locator('a[href*="@evil.example"], .file-card').count(), 0);
  assert.equal(await ria.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await expectHarmless(quo, ria);
  await finish(quo, ria);
});

test("a hostile file name is a name, and a hostile file never a page", {skip}, async () => {
  const [sue, ted] = await on.users("sue", "ted");
  const names = ["<img src=x onerror=document.title='owned'>.png", "\u202egnp.html", "x.svg", "'\"&.html"];
  const script = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='parent.document.title=\"owned\"'><script>parent.document.title='owned'</script></svg>");
  await sue.page.locator("input[type=file]").first().setInputFiles(names.map((name) => ({name, mimeType: "text/html", buffer: script})));
  await ted.page.waitForFunction(() => document.querySelectorAll(".file-card").length === 3);
  await sue.page.locator(".upload.failed").getByText("change the direction of writing").waitFor();
  assert.equal(await ted.page.locator(".file-card").filter({hasText: "onerror"}).locator(".file-name").innerText(), names[0]);
  for (const href of await ted.page.locator(".file-line").evaluateAll((all) => all.map((each) => each.href))) {
    const answer = await fetch(href);
    assert.doesNotMatch(answer.headers.get("content-type"), /html|svg|script/);
    assert.match(answer.headers.get("content-security-policy"), /sandbox/);
  }
  await expectHarmless(sue, ted);
  await finish(sue, ted);
});
