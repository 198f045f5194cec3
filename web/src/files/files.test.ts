import assert from "node:assert/strict";
import {test} from "node:test";

import {parseListing} from "./listing";
import {folderOf, parseOwnLink, parseShared, previewOf, readableSize} from "./shared";
import {base64, fingerprint, metadata, ownAddress, parseFingerprint, parseOffset, Speed} from "./tus";

test("the server's message about a file is understood, and its address is on this server", () => {
  assert.deepEqual(parseShared("ann shared my cat (1).png (1.5 MiB): http://10.0.0.1:8667/rooms/tea/files/my%20cat%20(1).png"),
    {by: "ann", name: "my cat (1).png", size: "1.5 MiB", path: "/rooms/tea/files/my%20cat%20(1).png"});
});

test("what only looks like it is text", () => {
  for (const text of ["ann shared x (1 B): javascript:alert(1)", "ann shared x (1 B): http://evil.example/", "ann shared x (1 B): https://h/files/../admin",
    "ann shared x (1 B): http://h/files/a/b", "ann shared x: http://h/files/x", " shared x (1 B): http://h/files/x", "ann shared x (1 B): http://h/files/x y"]) {
    assert.equal(parseShared(text), null, text);
  }
  assert.equal(parseShared("ann shared x (1 B): https://evil.example/files/x")?.path, "/files/x", "the host does not count");
});

test("only what the server sends as pictures and sound is shown as such", () => {
  assert.equal(previewOf("a.PNG"), "image");
  assert.equal(previewOf("a.mp4"), "video");
  for (const name of ["a.svg", "a.html", "a.png.html", "png", "a.constructor", "a.__proto__", ""]) assert.equal(previewOf(name), null, name);
});

test("a room's files are in its folder", () => {
  assert.equal(folderOf("#tea/../x"), "/rooms/tea%2F..%2Fx/files");
  assert.equal(folderOf("bob"), "/files");
});

test("sizes are written as the server does", () => {
  assert.deepEqual([999, 1_536, 64 * 1_048_576].map(readableSize), ["999 B", "1.5 KiB", "64.0 MiB"]);
});

test("names of files go through as they are", () => {
  assert.equal(base64("wheel.jpg"), "d2hlZWwuanBn");
  assert.equal(metadata({filename: "日 本.png", room: "#tea", nick: ""}), "filename 5pelIOacrC5wbmc=,room I3RlYQ==");
});

test("an offset is believed only if it can be", () => {
  assert.equal(parseOffset("10", 10), 10);
  for (const field of [null, "", "-1", "1e3", "11", "99999999999999999999", "0x1"]) assert.equal(parseOffset(field, 10), null, String(field));
});

test("an upload goes on only at this server", () => {
  assert.equal(ownAddress("http://other:1/uploads/abc", "http://h/"), "/uploads/abc");
  assert.equal(ownAddress("/uploads/abc", "http://h/"), "/uploads/abc");
  for (const location of [null, "http://h/evil", "//evil/x", "javascript:1", "http://["]) assert.equal(ownAddress(location, "http://h/"), null);
});

test("a file is known again, and no other is taken for it", () => {
  const file = {name: "a", size: 1, lastModified: 2};
  assert.equal(fingerprint(file, "#t"), fingerprint({...file}, "#t"));
  assert.notEqual(fingerprint(file, "#t"), fingerprint({...file, size: 2}, "#t"));
  assert.notEqual(fingerprint(file, "#t"), fingerprint(file, "#u"));
});

test("speed follows what happened lately", () => {
  const speed = new Speed();
  assert.equal(speed.perSecond(), 0);
  for (let second = 0; second <= 20; ++second) speed.add(second * 1_000, second < 10 ? 0 : (second - 10) * 1_000);
  assert.equal(Math.round(speed.perSecond()), 1_000);
});

test("of a listing only what is one is taken", () => {
  assert.deepEqual(parseListing({files: [{name: "a", size: 1, modified: "2026-01-31T12:00:00Z", url: "/files/a"}, {name: "b", size: 1, url: "//evil/b"}, null, 7, {}], next: "/files?after=a"}),
    {files: [{name: "a", size: 1, modified: Date.UTC(2026, 0, 31, 12), path: "/files/a"}], next: "/files?after=a"});
  for (const answer of [null, 7, "x", [], {files: {}}, {next: "//evil"}, {next: "javascript:1"}]) assert.deepEqual(parseListing(answer), {files: [], next: null});
});

test("an address alone is a file only if it is one of this server", () => {
  const origin = "http://h:1";
  assert.deepEqual(parseOwnLink("http://h:1/files/my%20cat.png", origin), {by: "", name: "my cat.png", size: "", path: "/files/my%20cat.png"});
  for (const text of ["http://h:12/files/x", "https://h:1/files/x", "http://h:1@evil/files/x", "http://h:1/files/", "http://h:1/files/a/b", "http://h:1/files/../x", "http://h:1/files/%",
    "http://h:1/files/%0a", "http://h:1/files/a%2fb", "http://h:1/files/x y", "see http://h:1/files/x", ""]) assert.equal(parseOwnLink(text, origin), null, text);
});

test("what an unfinished upload is of is read from what was kept", () => {
  assert.deepEqual(parseFingerprint(fingerprint({name: "a", size: 1, lastModified: 2}, "#t")), {room: "#t", name: "a", size: 1, lastModified: 2});
  for (const key of ["", "7", "null", "[]", "{}", '["a","b","1",2]', "["]) assert.equal(parseFingerprint(key), null, key);
});
