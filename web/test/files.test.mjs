// Files, in a real browser with a real server: sent in every way, seen by the others, and gone on with after a break.

import assert from "node:assert/strict";
import {createHash, randomBytes} from "node:crypto";
import {rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {basename, join} from "node:path";
import {test} from "node:test";

import {finish, openUser, Server, stage, texts} from "./harness.mjs";

const on = stage();
const {skip} = on;
const mib = 1 << 20;

/** A file of random bytes, which goes with the test `of`, and its SHA-256. */
function randomFile(of, size) {
  const path = join(tmpdir(), `leat-web-${process.pid}-${size}.bin`);
  of.after(() => rmSync(path, {force: true}));
  const hash = createHash("sha256");
  writeFileSync(path, "");
  for (let done = 0; done < size; done += 8 * mib) {
    const piece = randomBytes(Math.min(8 * mib, size - done));
    hash.update(piece);
    writeFileSync(path, piece, {flag: "a"});
  }
  return {path, sha256: hash.digest("hex")};
}

async function sha256At(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  const hash = createHash("sha256");
  for await (const piece of answer.body) hash.update(piece);
  return hash.digest("hex");
}

/** Lets a page send no faster; 0: as fast as it can. */
async function limitUploads(user, bytes_per_s) {
  user.network ??= await user.context.newCDPSession(user.page);
  await user.network.send("Network.enable");
  await user.network.send("Network.emulateNetworkConditions", {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes_per_s || -1});
}

/** A picture, drawn by the page itself, as a file that a script of the page holds. */
const drawn = async (page, name, width, height) => page.evaluateHandle(async ({name, width, height}) => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, {width, height});
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, width, height);
  sky.addColorStop(0, "#0f766e");
  sky.addColorStop(1, "#e8ad69");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], name, {type: "image/png"}));
  return transfer;
}, {name, width, height});

const fileCards = (page) => page.locator(".file-card");

test("files that are chosen go to the room, and a picture is shown to all in it", {skip}, async () => {
  const [oda, pip] = await on.users("oda", "pip");
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await oda.page.locator("input[type=file]").first().setInputFiles([{name: "dot.png", mimeType: "image/png", buffer: png}, {name: "x.html", mimeType: "text/html", buffer: Buffer.from("<script>1</script>")}]);
  await pip.page.waitForFunction(() => document.querySelector(".file-card img")?.naturalWidth === 1);
  assert.equal(await pip.page.locator(".file-card img").getAttribute("alt"), "dot.png");
  await fileCards(pip.page).nth(1).waitFor();
  assert.equal(await fileCards(pip.page).nth(1).locator("img, iframe").count(), 0);
  await oda.page.waitForFunction(() => document.querySelectorAll(".files .file-line").length === 2);
  assert.deepEqual(await oda.page.locator(".files .file-name").allInnerTexts(), ["dot.png", "x.html"]);
  await finish(oda, pip);
});

test("a picture that one drops appears to the other, small in the list of uploads and bounded in the conversation", {skip}, async () => {
  const [rosa, sam] = await on.users("rosa", "sam");
  const transfer = await drawn(rosa.page, "valley.png", 2400, 1800);
  const list = rosa.page.locator(".message-scroll");
  await list.dispatchEvent("dragenter", {dataTransfer: transfer});
  await rosa.page.getByText("Drop to send to #room-rosa-sam").waitFor();
  await list.dispatchEvent("dragover", {dataTransfer: transfer});
  await list.dispatchEvent("drop", {dataTransfer: transfer});
  await rosa.page.waitForFunction(() => document.querySelector(".upload .thumbnail")?.naturalHeight === 96);
  const picture = sam.page.locator('.file-card img[alt="valley.png"]');
  await sam.page.waitForFunction(() => document.querySelector(".file-card img")?.naturalWidth === 2400);
  const box = await picture.boundingBox();
  assert.ok(box.width <= 400 && box.height <= 240 && Math.abs(box.width / box.height - 4 / 3) < 0.02, JSON.stringify(box));
  assert.equal(await rosa.page.locator(".drop-hint").count(), 0);
  await finish(rosa, sam);
});

test("a picture that is pasted is sent, under a name of its own", {skip}, async () => {
  const [tom, una] = await on.users("tom", "una");
  const transfer = await drawn(tom.page, "image.png", 300, 200);
  await tom.page.locator("#composer").evaluate((field, clipboardData) => field.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true})), transfer);
  await una.page.waitForFunction(() => document.querySelector(".file-card img")?.naturalWidth === 300);
  assert.match(await una.page.locator(".file-card img").getAttribute("alt"), /^Picture \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.png$/);
  await finish(tom, una);
});

test("pictures that come late move nothing that is being read", {skip}, async () => {
  const [vic, wim] = await on.users("vic", "wim");
  const colours = Array.from({length: 6}, (_, n) => ({name: `p${n}.png`, width: 900, height: 300 + 100 * n}));
  for (const {name, width, height} of colours) {
    const transfer = await drawn(vic.page, name, width, height);
    await vic.page.locator(".message-scroll").dispatchEvent("drop", {dataTransfer: transfer});
    await wim.page.locator(`.file-card img[alt="${name}"]`).waitFor();
  }
  await wim.page.waitForFunction(() => [...document.querySelectorAll(".file-card img")].every((each) => each.complete && each.naturalWidth > 0));
  const place = () => wim.page.evaluate(() => {
    const list = document.querySelector(".message-scroll");
    return Math.round(list.scrollHeight - list.scrollTop - list.clientHeight);
  });
  assert.ok((await place()) <= 1, "who is at the end stays there");
  await wim.page.reload();
  await wim.page.waitForFunction(() => document.querySelectorAll(".file-card").length === 6);
  await wim.page.waitForFunction(() => { const last = [...document.querySelectorAll(".file-card img")].at(-1); return last.complete && last.naturalWidth > 0; });
  assert.ok((await place()) <= 1, "also after a reload");
  await finish(vic, wim);
});

test("a file for one person is told to that person alone", {skip}, async () => {
  const [xia, yan] = await on.users("xia", "yan");
  await xia.page.goto(`${on.server.url}#@yan`);
  await xia.page.locator("#composer").waitFor();
  await xia.page.locator("input[type=file]").first().setInputFiles([{name: "for yan.txt", mimeType: "text/plain", buffer: Buffer.from("hello")}]);
  await xia.page.getByText("Files that are sent here are listed for everyone on this server.").waitFor();
  await yan.page.locator('.entry[href="#@xia"]').click();
  const card = fileCards(yan.page);
  await card.waitFor();
  assert.equal(await card.locator(".file-name").innerText(), "for yan.txt");
  assert.equal(await (await fetch(new URL(await card.locator(".file-line").getAttribute("href"), on.server.url))).text(), "hello");
  await finish(xia, yan);
});

test("an upload of 200 MiB is paused, goes on after the server was killed and came back, and arrives whole", {skip}, async (t) => {
  const own = await Server.start();
  t.after(() => own.end());
  const {path, sha256} = randomFile(t, 200 * mib);
  const zoe = await openUser(on.browser, own, "zoe", {place: "#mill"});
  await zoe.page.locator("#composer").waitFor();
  await limitUploads(zoe, 64 * mib);
  await zoe.page.locator("input[type=file]").first().setInputFiles(path);
  await zoe.page.waitForFunction((least) => (document.querySelector("progress")?.value ?? 0) > least, 40 * mib);
  await zoe.page.getByText(/MiB\/s, .* left/).waitFor();
  await zoe.page.getByRole("button", {name: "Pause"}).click();
  await zoe.page.getByText(/paused/).waitFor();
  await own.stop();
  await own.start();
  await limitUploads(zoe, 0);
  await zoe.page.locator(".panel").getByRole("button", {name: "Go on"}).click();
  await zoe.page.locator(".upload.done").waitFor({timeout: 90_000});
  assert.equal(await sha256At(`${own.url}rooms/mill/files/${basename(path)}`), sha256);
  await finish(zoe);
});

test("an upload goes on by itself when the server is killed in the middle of it", {skip}, async (t) => {
  const own = await Server.start();
  t.after(() => own.end());
  const {path, sha256} = randomFile(t, 24 * mib);
  const abe = await openUser(on.browser, own, "abe", {place: "#mill"});
  await abe.page.locator("#composer").waitFor();
  await limitUploads(abe, 8 * mib);
  await abe.page.locator("input[type=file]").first().setInputFiles(path);
  await abe.page.waitForFunction((least) => (document.querySelector("progress")?.value ?? 0) > least, 9 * mib);
  await own.stop();
  await limitUploads(abe, 0);
  await own.start();
  await abe.page.locator(".upload.done").waitFor({timeout: 60_000});
  assert.equal(await sha256At(`${own.url}rooms/mill/files/${basename(path)}`), sha256);
  await finish(abe);
});

test("an upload of a closed tab is listed, and goes on where it was when the same file is chosen again", {skip}, async (t) => {
  const {path, sha256} = randomFile(t, 20 * mib);
  const [bea] = await on.users("bea");
  await limitUploads(bea, 8 * mib);
  await bea.page.locator("input[type=file]").first().setInputFiles(path);
  await bea.page.waitForFunction((least) => (document.querySelector("progress")?.value ?? 0) > least, 9 * mib);
  await bea.page.close();

  const page = await bea.context.newPage();
  await page.goto(`${on.server.url}#room-bea`);
  await page.locator("#toggle-files").click();
  const row = page.locator(".unfinished .upload");
  await page.getByText("The browser has not kept these files.", {exact: false}).waitFor();
  await row.getByText(/[89]\.\d MiB of 20\.0 MiB|1\d\.\d MiB of 20\.0 MiB/).waitFor();
  await row.locator("input[type=file]").setInputFiles([{name: "other.bin", mimeType: "application/octet-stream", buffer: Buffer.from("x")}]);
  await page.getByText(/^That is another file/).waitFor();
  const sent = [];
  page.on("request", (request) => request.method() === "PATCH" && sent.push(Number(request.headers()["upload-offset"])));
  await row.locator("input[type=file]").setInputFiles(path);
  await page.locator(".upload.done").waitFor();
  assert.ok(sent[0] >= 8 * mib, `went on at ${sent[0]}`);
  assert.equal(await page.locator(".unfinished").count(), 0);
  assert.equal(await sha256At(`${on.server.url}rooms/room-bea/files/${basename(path)}`), sha256);
  await finish(bea);
});

test("a sound and a film are played in place, and a document is a card", {skip}, async () => {
  const [cid, dot] = await on.users("cid", "dot");
  const some = (name, mimeType) => ({name, mimeType, buffer: Buffer.from("not really")});
  await cid.page.locator("input[type=file]").first().setInputFiles([some("notes.pdf", "application/pdf"), some("bell.mp3", "audio/mpeg")]);
  await dot.page.locator(".file-card audio").waitFor();
  assert.equal(await fileCards(dot.page).first().locator("audio, video, img").count(), 0);
  assert.match(await fileCards(dot.page).first().innerText(), /cid shared a file[\s\S]*notes\.pdf[\s\S]*10 B/);
  assert.deepEqual(await texts(dot.page), []);
  await finish(cid, dot);
});
