import assert from "node:assert/strict";
import {test} from "node:test";

import {escapeTag, formatLine, longestLine, nickOf, parseLine, timeOf, unescapeTag} from "./line";

test("a line falls into its pieces", () => {
  const line = parseLine("@time=2026-01-02T03:04:05.678Z;+reply=a\\:b :ann!a@h PRIVMSG #tea :hello :) there\r\n");
  assert.ok(line);
  assert.deepEqual([...line.tags], [["time", "2026-01-02T03:04:05.678Z"], ["+reply", "a;b"]]);
  assert.equal(line.source, "ann!a@h");
  assert.equal(line.command, "PRIVMSG");
  assert.deepEqual(line.params, ["#tea", "hello :) there"]);
  assert.equal(timeOf(line, 0), Date.UTC(2026, 0, 2, 3, 4, 5, 678));
});

test("runs of spaces separate once, and an empty last parameter is one", () => {
  assert.deepEqual(parseLine("mode   #a  +o   b  ")?.params, ["#a", "+o", "b"]);
  assert.deepEqual(parseLine("TOPIC #a :")?.params, ["#a", ""]);
});

test("what is not a line is null", () => {
  const hostile = ["", " ", ":", ":a", "@", "@a=b", "@a=b :x", "123456", "12", "é", "PRIV\0MSG a", "A b\nB c", "\u202ePING",
    "@" + "a".repeat(longestLine), "-", "PING1 x"];
  for (const text of hostile) assert.equal(parseLine(text), null, JSON.stringify(text));
});

test("tags cannot reach the prototype, and the last of equals wins", () => {
  const line = parseLine("@__proto__=x;constructor;a=1;a=2;=v;; PING x");
  assert.deepEqual([...(line?.tags ?? [])], [["__proto__", "x"], ["constructor", ""], ["a", "2"]]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("tag values come back as they were", () => {
  for (const value of ["", "plain", "; \\ \r\n", "\\:", "\\\\s", "a=b", "日本 🎉"]) assert.equal(unescapeTag(escapeTag(value)), value);
  assert.equal(unescapeTag("a\\bc\\"), "abc");
});

test("written lines are read as what they were", () => {
  assert.equal(formatLine("PRIVMSG", ["#tea", "hi there"], {label: "1", "+typing": ""}), "@label=1;+typing PRIVMSG #tea :hi there");
  assert.equal(formatLine("PRIVMSG", ["#tea", ":)"]), "PRIVMSG #tea ::)");
  assert.equal(formatLine("AWAY", [""]), "AWAY :");
});

test("nobody can put a second line, or a second parameter, into one", () => {
  assert.throws(() => formatLine("PRIVMSG", ["#a", "x\r\nQUIT"]));
  assert.throws(() => formatLine("PRIVMSG", ["#a b", "x"]));
  assert.throws(() => formatLine("PRIVMSG", [":a", "x"]));
  assert.throws(() => formatLine("PRIVMSG", ["", "x"]));
  assert.equal(formatLine("TAGMSG", ["a"], {"+reply": "x\r\n;y z"}), "@+reply=x\\r\\n\\:y\\sz TAGMSG a");
});

test("a source begins with its nick", () => {
  assert.equal(nickOf("ann!a@h"), "ann");
  assert.equal(nickOf("ann@h"), "ann");
  assert.equal(nickOf("irc.example"), "irc.example");
});

test("a wrong time is now", () => {
  assert.equal(timeOf({tags: new Map([["time", "soon"]]), source: "", command: "PING", params: []}, 7), 7);
});
