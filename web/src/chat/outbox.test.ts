import assert from "node:assert/strict";
import {test} from "node:test";

import {splitText} from "./outbox";
import {labelOf, message, Played, texts} from "./session_fixture";

const withLabel = (label: string, line: string) => line.replace("@", `@label=${label};`);

test("an own message is pending until its echo comes", () => {
  const played = new Played();
  const room = played.enter();
  played.session.say(room, "hello there", "text", "m0");
  const [line] = played.take();
  assert.match(line ?? "", /^@label=w\d+;\+reply=m0 PRIVMSG #tea :hello there$/);
  assert.equal(room.pending[0]?.status, "sent");
  played.say(withLabel(labelOf(line), message(1, "hello there", "me")));
  assert.deepEqual([room.pending.length, texts(room)], [0, ["hello there"]]);
});

test("the same text twice is two messages, confirmed one by one, in whatever order", () => {
  const played = new Played();
  const room = played.enter();
  played.session.say(room, "ok");
  played.session.say(room, "ok");
  const [first, second] = played.take();
  played.say(withLabel(labelOf(second), message(2, "ok", "me")));
  assert.equal(room.pending[0]?.label, labelOf(first));
  played.say(withLabel(labelOf(first), message(3, "ok", "me")));
  assert.equal(room.pending.length, 0);
});

test("a refused message says why, and can be tried again or let go", () => {
  const played = new Played();
  const room = played.enter();
  for (const text of ["a", "b"]) {
    played.session.say(room, text);
    played.say(`@label=${labelOf(played.take()[0])} :s 404 me #tea :Cannot send to channel`);
  }
  const [a, b] = room.pending;
  assert.deepEqual([a?.status, a?.reason?.key], ["failed", "error.cannotSend"]);
  played.session.retry(room, a?.key ?? "");
  assert.match(played.take()[0] ?? "", /PRIVMSG #tea a$/);
  played.session.discard(room, b?.key ?? "");
  assert.deepEqual(room.pending.map((each) => each.text), ["a"]);
});

test("a standard reply refuses, too", () => {
  const played = new Played();
  const room = played.enter();
  played.session.say(room, "a");
  played.say(`@label=${labelOf(played.take()[0])} FAIL PRIVMSG RATE_LIMITED #tea :Slow down`);
  assert.equal(room.pending[0]?.reason?.key, "error.tooFast");
});

test("what was written while offline is kept and sent once, in its order", () => {
  const played = new Played();
  const room = played.enter();
  played.drop();
  played.session.say(room, "one");
  played.session.say(room, "two");
  assert.deepEqual(played.take(), []);
  played.greet();
  played.join("#tea");
  assert.ok(!played.sent.some((line) => line.includes("PRIVMSG")), "not before what was missed is known");
  played.answerHistory();
  assert.deepEqual(played.take().filter((line) => line.includes("PRIVMSG")).map((line) => line.replace(/^@\S+ /, "")), ["PRIVMSG #tea one", "PRIVMSG #tea two"]);
});

test("a message whose echo was lost with the connection is not sent twice", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1, "ok", "me"));
  played.session.say(room, "ok");
  played.session.say(room, "and this did not arrive");
  played.drop();
  played.greet();
  played.join("#tea");
  assert.match(played.asked().line.params[2] ?? "", /^msgid=m1$/);
  played.answerHistory(message(2, "ok", "me"));
  played.answerHistory();
  const again = played.take().filter((line) => line.includes("PRIVMSG"));
  assert.equal(again.length, 1);
  assert.match(again[0] ?? "", /and this did not arrive$/);
  played.say(withLabel(labelOf(again[0]), message(3, "and this did not arrive", "me")));
  assert.deepEqual(texts(room), ["ok", "ok", "and this did not arrive"]);
  assert.equal(room.pending.length, 0);
});

test("without a history it cannot be known what arrived, so the user is asked", () => {
  const played = new Played();
  const room = played.enter("echo-message labeled-response message-tags server-time");
  played.session.say(room, "hm");
  played.drop();
  played.greet("echo-message labeled-response message-tags server-time");
  played.join("#tea");
  assert.deepEqual([room.pending[0]?.status, room.pending[0]?.reason?.key], ["failed", "error.mayHaveArrived"]);
});

test("a server without echoes is believed at once", () => {
  const played = new Played();
  const room = played.enter("");
  played.session.say(room, "hi");
  assert.deepEqual([played.take(), room.pending.length, texts(room)], [["PRIVMSG #tea hi"], 0, ["hi"]]);
});

test("long texts are cut at spaces, within the limit, and never within a letter", () => {
  assert.deepEqual(splitText("aaa bbb ccc", 8), ["aaa bbb", "ccc"]);
  assert.deepEqual(splitText("a\n\n b\r\nc", 8), ["a", " b", "c"]);
  assert.deepEqual(splitText("日本語日本", 7), ["日本", "語日", "本"]);
  assert.deepEqual(splitText("🎉🎉", 5), ["🎉", "🎉"]);
  assert.deepEqual(splitText("  \n ", 8), []);
  assert.equal(splitText("x".repeat(10_000), 400).join(""), "x".repeat(10_000));
});

test("an action is one on the wire and on the page", () => {
  const played = new Played();
  const room = played.enter();
  played.session.run({type: "act", target: "#tea", text: "waves"});
  const [line] = played.take();
  assert.ok(line?.endsWith("PRIVMSG #tea :\x01ACTION waves\x01"));
  played.say(withLabel(labelOf(line), message(1, "\x01ACTION waves\x01", "me")));
  assert.deepEqual([room.messages.at(-1)?.kind, room.messages.at(-1)?.text, room.pending.length], ["action", "waves", 0]);
});

test("what was said under a name that we have lost meanwhile is known again", () => {
  const played = new Played();
  const room = played.enter();
  played.session.say(room, "did it arrive?");
  played.drop();
  played.greet(undefined, "me2");
  played.join("#tea");
  played.answerHistory(message(1, "did it arrive?", "me"));
  played.answerHistory();
  assert.equal(room.pending.length, 0);
  assert.equal(room.messages.at(-1)?.isOwn, true);
  assert.ok(!played.take().some((line) => line.includes("PRIVMSG")));
});

test("when too much was missed to tell whether a message arrived, it is not sent again unasked", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1));
  played.session.say(room, "hm");
  played.reconnect();
  for (let page = 0; page < 10; ++page) played.answerHistory(...Array.from({length: 50}, (_, n) => message(2 + page * 50 + n)));
  played.answerHistory(message(9_000));
  assert.deepEqual([room.pending[0]?.status, room.pending[0]?.reason?.key], ["failed", "error.mayHaveArrived"]);
});

/** What a page that was closed in mid-conversation leaves to the next one. */
function closedPage(text: string, status: "waiting" | "sent"): ReturnType<Played["session"]["unsent"]> {
  const played = new Played();
  const room = played.enter();
  played.say(message(1));
  if (status === "waiting") played.drop();
  played.session.say(room, text);
  return JSON.parse(JSON.stringify(played.session.unsent()));
}

test("what a closed page had not sent the next one sends, once", () => {
  const unsent = closedPage("later", "waiting");
  const played = new Played({unsent, rooms: []});
  played.greet();
  assert.ok(played.take().includes("JOIN #tea"));
  played.join("#tea");
  played.answerHistory(message(1), message(2, "later", "me"));
  const [line, ...more] = played.take().filter((each) => each.includes("PRIVMSG"));
  assert.match(line ?? "", /PRIVMSG #tea later$/);
  assert.deepEqual(more, []);
  played.say(withLabel(labelOf(line), message(3, "later", "me")));
  assert.deepEqual(played.session.unsent(), []);
});

test("what a closed page had sent without hearing of it is looked for before it is sent again", () => {
  for (const arrived of [true, false]) {
    const played = new Played({unsent: closedPage("ok", "sent")});
    played.greet();
    played.join("#tea");
    assert.equal(played.asked().line.params[2], "msgid=m1");
    if (arrived) played.answerHistory(message(2, "ok", "me"));
    played.answerHistory();
    assert.equal(played.take().filter((each) => each.includes("PRIVMSG")).length, arrived ? 0 : 1);
  }
});

test("what was refused stays refused on the next page, and what may have arrived and cannot be looked for is the user's", () => {
  const [refused] = closedPage("x", "sent");
  assert.ok(refused);
  const played = new Played({unsent: [{...refused, status: "failed", reason: {key: "error.tooLong", values: [], said: ""}}, {...refused, place: null}]});
  played.greet();
  played.join("#tea");
  played.answerHistory();
  assert.deepEqual(played.room().pending.map((each) => [each.status, each.reason?.key]), [["failed", "error.tooLong"], ["failed", "error.mayHaveArrived"]]);
});

test("what another page has taken over is not sent by this one", () => {
  let isTakenOver = false;
  const played = new Played({isTakenOver: () => isTakenOver});
  const room = played.enter();
  played.drop();
  played.session.say(room, "mine?");
  isTakenOver = true;
  played.greet();
  played.join("#tea");
  played.answerHistory();
  assert.ok(!played.take().some((line) => line.includes("PRIVMSG")));
});
