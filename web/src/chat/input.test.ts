import assert from "node:assert/strict";
import {test} from "node:test";

import {commandNames, parseInput} from "./input";
import {nextNick, toNick, toRoom} from "./nicks";
import {retryDelay_ms} from "./reconnect";

test("text is said, and what only looks like a command is text", () => {
  assert.equal(parseInput("  ", "#tea"), null);
  assert.deepEqual(parseInput("hi  there ", "#tea"), {type: "say", target: "#tea", text: "hi  there "});
  assert.deepEqual(parseInput("/etc/hosts is a file", "#tea"), {type: "say", target: "#tea", text: "/etc/hosts is a file"});
  assert.deepEqual(parseInput("//me is how it is done", "#tea"), {type: "say", target: "#tea", text: "/me is how it is done"});
  assert.deepEqual(parseInput("hi", ""), {type: "wrong", key: "input.nowhere", values: []});
});

test("commands are understood in any case, with and without a room", () => {
  assert.deepEqual(parseInput("/ME waves", "#tea"), {type: "act", target: "#tea", text: "waves"});
  assert.deepEqual(parseInput("/join tea key", ""), {type: "join", room: "#tea", key: "key"});
  assert.deepEqual(parseInput("/topic Hot water", "#tea"), {type: "topic", room: "#tea", topic: "Hot water"});
  assert.deepEqual(parseInput("/topic #mill", "#tea"), {type: "topic", room: "#mill", topic: null});
  assert.deepEqual(parseInput("/kick bob too  loud", "#tea"), {type: "kick", room: "#tea", nick: "bob", reason: "too  loud"});
  assert.deepEqual(parseInput("/kick #mill bob", "#tea"), {type: "kick", room: "#mill", nick: "bob", reason: ""});
  assert.deepEqual(parseInput("/msg bob a\nb", "#tea"), {type: "say", target: "bob", text: "a\nb"});
  assert.deepEqual(parseInput("/invite bob", "#tea"), {type: "invite", nick: "bob", room: "#tea"});
  assert.deepEqual(parseInput("/part", "#tea"), {type: "part", room: "#tea", reason: ""});
  assert.deepEqual(parseInput("/back", "#tea"), {type: "away", reason: ""});
});

test("what is wrong says what", () => {
  assert.deepEqual(parseInput("/frobnicate", "#tea"), {type: "wrong", key: "input.unknown", values: ["frobnicate"]});
  assert.deepEqual(parseInput("/constructor", "#tea"), {type: "wrong", key: "input.unknown", values: ["constructor"]});
  assert.deepEqual(parseInput("/kick", "#tea"), {type: "wrong", key: "input.needs", values: ["kick"]});
  assert.deepEqual(parseInput("/topic x", "bob"), {type: "wrong", key: "input.onlyInRoom", values: ["topic"]});
  for (const name of commandNames) assert.ok(parseInput(`/${name}`, ""), name);
});

test("another name is like the one that was wanted, and not longer than may be", () => {
  assert.equal(nextNick("ann", 30), "ann2");
  assert.equal(nextNick("ann9", 30), "ann10");
  assert.equal(nextNick("annabella", 9), "annabell2");
  assert.equal(nextNick("日本語", 9), "日本2");
  assert.equal(nextNick("123", 30), "guest124");
});

test("names are made of what was typed", () => {
  assert.equal(toNick("  Ann Marie! "), "Ann_Marie");
  assert.equal(toNick("42-ann"), "ann");
  assert.equal(toNick("<script>"), "script");
  assert.equal(toNick("安娜"), "安娜");
  assert.equal(toNick("\u202eann"), "ann");
  assert.equal(toNick("!!!"), "");
  assert.equal(toRoom(" tea time,\r\nQUIT "), "#tea-time-QUIT");
  assert.equal(toRoom("#"), "");
  assert.equal(toRoom("#".repeat(3)), "###");
});

test("waits grow, stay bounded, and differ", () => {
  assert.equal(retryDelay_ms(0, 0), 250);
  assert.ok(retryDelay_ms(3, 0.99) <= 4_000);
  for (let attempt = 0; attempt < 2_000; attempt += 100) assert.ok(retryDelay_ms(attempt, 0.999) <= 30_000);
});
