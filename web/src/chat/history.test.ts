import assert from "node:assert/strict";
import {test} from "node:test";

import {allCapabilities, message, Played, texts} from "./session_fixture";

const range = (from: number, to: number) => Array.from({length: to - from + 1}, (_, index) => message(from + index));
const expected = (from: number, to: number) => range(from, to).map((_, index) => `text ${from + index}`);

test("on joining the last page is fetched, and earlier ones on request until there are none", () => {
  const played = new Played();
  played.greet();
  played.join("#tea");
  assert.deepEqual(played.asked().line.params, ["LATEST", "#tea", "*", "50"]);
  played.answerHistory(...range(101, 150));
  const room = played.room();
  played.session.fetchEarlier(room);
  assert.deepEqual(played.asked().line.params, ["BEFORE", "#tea", "msgid=m101", "50"]);
  played.take();
  played.session.fetchEarlier(room);
  assert.deepEqual(played.take(), [], "one request at a time");
  played.sent.push(`@label=${room.history.request?.label} CHATHISTORY BEFORE #tea`);
  played.answerHistory(...range(51, 100));
  assert.deepEqual(texts(room), expected(51, 150));
  played.session.fetchEarlier(room);
  played.answerHistory();
  assert.equal(room.history.atStart, true);
  played.take();
  played.session.fetchEarlier(room);
  assert.deepEqual(played.take(), []);
});

test("pages that overlap, and live messages among them, come out once and in order", () => {
  const played = new Played();
  played.greet();
  played.join("#tea");
  played.say(message(6), message(7));
  played.answerHistory(...range(3, 6));
  const room = played.room();
  played.session.fetchEarlier(room);
  played.answerHistory(...range(1, 4));
  assert.deepEqual(texts(room), expected(1, 7));
});

test("after a broken connection what was missed is fetched, page by page, without gap or double", () => {
  const played = new Played();
  const room = played.enter();
  played.say(...range(1, 3));
  played.drop();
  played.greet();
  played.join("#tea");
  played.say(message(80));
  assert.deepEqual(played.asked().line.params, ["AFTER", "#tea", "msgid=m3", "50"]);
  played.answerHistory(...range(4, 53));
  assert.deepEqual(played.asked().line.params, ["AFTER", "#tea", "msgid=m53", "50"]);
  played.answerHistory(...range(54, 80));
  assert.deepEqual(texts(room), expected(1, 80));
  assert.equal(room.history.caughtUp, true);
});

test("a connection that breaks again in the middle of catching up leaves no gap", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1));
  played.drop();
  played.greet();
  played.join("#tea");
  played.answerHistory(...range(2, 51));
  played.say(message(200));
  played.drop();
  played.greet();
  played.join("#tea");
  assert.deepEqual(played.asked().line.params, ["AFTER", "#tea", "msgid=m51", "50"]);
  played.answerHistory(...range(52, 90));
  assert.deepEqual(texts(room), [...expected(1, 90), "text 200"]);
});

test("when far too much was missed the older messages are let go, and no gap stays", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1));
  played.drop();
  played.greet();
  played.join("#tea");
  for (let page = 0; page < 10; ++page) played.answerHistory(...range(2 + page * 50, 51 + page * 50));
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["LATEST", "#tea", "*"]);
  played.answerHistory(...range(5_001, 5_050));
  assert.deepEqual(texts(room), expected(5_001, 5_050));
  assert.equal(room.history.atStart, false);
  assert.equal(room.history.caughtUp, true);
});

test("a message that the server has forgotten is no obstacle", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1));
  played.drop();
  played.greet();
  played.join("#tea");
  played.say(`@label=${played.asked().label} FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #tea :No such message`);
  assert.equal(played.asked().line.params[0], "LATEST");
  played.answerHistory(message(9));
  assert.deepEqual(texts(room), ["text 1", "text 9"]);
});

test("a server without ids is asked by time", () => {
  const played = new Played();
  played.session.opened();
  played.say(`:s CAP * LS :${allCapabilities}`, `:s CAP * ACK :${allCapabilities}`, ":s 001 me :hi",
    ":s 005 me MSGREFTYPES=timestamp CHATHISTORY=20 :are", ":s 422 me :none");
  played.join("#tea");
  assert.equal(played.asked().line.params[3], "20");
  played.answerHistory(message(1));
  played.session.fetchEarlier(played.room());
  assert.equal(played.asked().line.params[2], "timestamp=2026-01-01T00:00:01.000Z");
});

test("history shows who came and went, and moves nobody", () => {
  const played = new Played();
  played.greet();
  played.join("#tea", "ann");
  played.answerHistory("@time=2026-01-01T00:00:01.000Z;msgid=e1 :bob!u@h JOIN #tea", "@time=2026-01-01T00:00:02.000Z;msgid=e2 :ann!u@h QUIT :bye");
  const room = played.room();
  assert.deepEqual(room.messages.map((each) => each.event), ["join", "quit"]);
  assert.deepEqual([...room.members.keys()], ["me", "ann"]);
});

test("direct conversations of before are found and filled", () => {
  const played = new Played();
  played.enter();
  played.say("BATCH +t draft/chathistory-targets", "@batch=t CHATHISTORY TARGETS bob 2026-01-01T00:00:00.000Z",
    "@batch=t CHATHISTORY TARGETS #other 2026-01-01T00:00:00.000Z", "@batch=t CHATHISTORY TARGETS", "BATCH -t");
  assert.deepEqual([...played.session.state.conversations.keys()], ["#tea", "bob"]);
  played.answerHistory(message(1, "hi", "bob", "me"));
  assert.deepEqual(texts(played.room("bob")), ["hi"]);
});

test("a history that is replayed unasked is taken, once", () => {
  const played = new Played();
  const room = played.enter();
  for (let i = 0; i < 2; ++i) played.say("BATCH +r chathistory #tea", message(1).replace("@", "@batch=r;"), "BATCH -r");
  assert.deepEqual(texts(room), ["text 1"]);
});
