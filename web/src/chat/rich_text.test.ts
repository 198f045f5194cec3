import assert from "node:assert/strict";
import {test} from "node:test";

import {mentions, pieces, safeHref, withoutFormatting} from "./rich_text";

const links = (text: string) => pieces(text).flatMap((piece) => (piece.type === "link" ? [piece.text] : []));

test("links end where the sentence goes on", () => {
  assert.deepEqual(links("see https://a.example/x, (http://b.example/y_(z)) and HTTPS://c.example."),
    ["https://a.example/x", "http://b.example/y_(z)", "HTTPS://c.example"]);
  assert.deepEqual(links("http://a.example/?q=1&r=[2]!"), ["http://a.example/?q=1&r=[2]"]);
});

test("only addresses of the web are links", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "https://:80", "vbscript:x",
    "http://user:pass@evil.example/", "https://bank.example@evil.example/", "http://a\u202egpj.exe", "https://" + "a".repeat(3000)]) {
    assert.deepEqual(links(text), [], text);
    assert.equal(safeHref(text), null, text);
  }
});

test("markup stays text", () => {
  const text = "<img src=x onerror=alert(1)> &lt; \"quoted\"";
  assert.deepEqual(pieces(text), [{type: "text", text}]);
  assert.deepEqual(links("<a href=\"https://a.example/\">"), ["https://a.example/"]);
});

test("all text comes back, whatever is in it", () => {
  for (const text of ["a `b` c #tea, @ann: https://x.example/#frag", "###", "# #1 #a#b", "``", "`", "", "日本語 #部屋 🎉", "http://%%% b"]) {
    const joined = pieces(text, () => true).map((piece) => (piece.type === "code" ? `\`${piece.text}\`` : piece.text)).join("");
    assert.equal(joined, text);
  }
});

test("rooms and code are told apart", () => {
  assert.deepEqual(pieces("join #tea: `#x`"), [
    {type: "text", text: "join "}, {type: "room", text: "#tea"}, {type: "text", text: ": "}, {type: "code", text: "#x"}]);
  assert.deepEqual(pieces("issue #12"), [{type: "text", text: "issue #12"}]);
});

test("a mention is the whole name and nothing else", () => {
  assert.equal(mentions("hi @Ann!", "ann"), true);
  assert.equal(mentions("ann: hi", "ann"), true);
  assert.equal(mentions("(a[b]) x", "a[b]"), true);
  assert.equal(mentions("announce", "ann"), false);
  assert.equal(mentions("https://x.example/ann", "ann"), false);
  assert.equal(mentions("日ann", "ann"), false);
  assert.equal(mentions("", ""), false);
  assert.equal(mentions("a.*", ".*"), false, "a name is no pattern");
});

test("old formatting is taken out, and only that", () => {
  assert.equal(withoutFormatting("\x02bold\x02 \x0304,12red\x03 \x04ff0000x\x0f \x1b[31m"), "bold red x [31m");
});

test("a hostile line takes no time to read", () => {
  const begun = Date.now();
  for (const text of ["(".repeat(8000), "http://" + ")".repeat(8000), "`".repeat(8000), "#".repeat(8000), "http://a.b/" + "(]".repeat(900)]) pieces(text);
  assert.ok(Date.now() - begun < 1000);
});
