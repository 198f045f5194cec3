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
  assert.equal(room.history.request, null, "what came live was met");
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
  played.answerHistory(message(200), message(201));
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["AFTER", "#tea", "msgid=m201"], "200 came live, but not on this connection");
  played.answerHistory();
  assert.deepEqual(texts(room), [...expected(1, 90), "text 200", "text 201"]);
  assert.equal(room.history.caughtUp, true);
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
  assert.deepEqual(texts(room), ["text 9"], "what was before may not touch it");
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

test("a page may be shorter than was asked for: only an empty one is an end", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(3));
  played.reconnect();
  played.answerHistory(message(4));
  played.answerHistory(message(5), message(6));
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["AFTER", "#tea", "msgid=m6"]);
  assert.equal(room.history.caughtUp, false);
  played.answerHistory();
  assert.equal(room.history.caughtUp, true);
  room.history.atStart = false;
  played.session.fetchEarlier(room);
  played.answerHistory(message(2));
  assert.equal(room.history.atStart, false);
  played.session.fetchEarlier(room);
  played.answerHistory(message(1));
  played.session.fetchEarlier(room);
  played.answerHistory();
  assert.equal(room.history.atStart, true);
  assert.deepEqual(texts(room), expected(1, 6));
});

test("lines that show nothing are gone past, in both directions", () => {
  const unseen = (n: number) => message(n, "\x01VERSION\x01");
  const played = new Played();
  const room = played.enter();
  played.say(message(50));
  played.reconnect();
  played.answerHistory(unseen(51), unseen(52));
  assert.equal(played.asked().line.params[2], "msgid=m52");
  played.answerHistory(message(53));
  played.answerHistory();
  room.history.atStart = false;
  played.session.fetchEarlier(room);
  played.answerHistory(unseen(40), unseen(41));
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["BEFORE", "#tea", "msgid=m40"]);
  played.answerHistory(message(39));
  assert.deepEqual(texts(room), ["text 39", "text 50", "text 53"]);
});

test("a server that answers the same page again and again is not asked for ever", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(5));
  played.reconnect();
  played.answerHistory(message(6));
  played.answerHistory(message(6));
  assert.equal(room.history.caughtUp, true);
  room.history.atStart = false;
  played.session.fetchEarlier(room);
  for (let i = 0; room.history.request && i < 100; ++i) played.answerHistory(message(5), message(6));
  assert.equal(room.history.atStart, true);
});

test("a first page that is short leaves no gap to what came live, and what is older comes on request", () => {
  const played = new Played();
  played.greet();
  played.join("#tea");
  played.say(message(9), message(10));
  played.answerHistory(message(7), message(8), message(9));
  const room = played.room();
  assert.deepEqual(texts(room), expected(7, 10));
  played.session.fetchEarlier(room);
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["BEFORE", "#tea", "msgid=m7"]);
});

test("when begun anew, what is loaded stays if the page touches it, however short that is", () => {
  const played = new Played();
  const room = played.enter();
  played.say(...range(1, 3));
  played.reconnect();
  played.say(`@label=${played.asked().label} FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #tea :No such message`);
  played.answerHistory(message(3), message(4));
  assert.deepEqual(texts(room), expected(1, 4));
});

test("a room in which nothing was said yet is caught up from its beginning", () => {
  const played = new Played();
  const room = played.enter();
  played.reconnect();
  assert.deepEqual(played.asked().line.params.slice(0, 3), ["AFTER", "#tea", "timestamp=1970-01-01T00:00:00.000Z"]);
  played.answerHistory(...range(1, 2));
  played.answerHistory();
  assert.deepEqual(texts(room), expected(1, 2));
});

test("the lines of a long text stand together in their order, wherever a page ends", () => {
  const part = (id: string, text: string) => `@time=2026-01-01T00:00:07.000Z;msgid=${id} :ann!u@h PRIVMSG #tea :${text}`;
  const played = new Played();
  played.greet();
  played.join("#tea");
  played.say(part("7.2", "three"));
  played.answerHistory(part("7.1", "two"), part("7.2", "three"));
  const room = played.room();
  played.session.fetchEarlier(room);
  assert.equal(played.asked().line.params[2], "msgid=7.1");
  played.answerHistory(message(6), part("7", "one"));
  assert.deepEqual(texts(room), ["text 6", "one", "two", "three"]);
  played.reconnect();
  assert.equal(played.asked().line.params[2], "msgid=7.2");
});

test("what a page ends with in the middle of a millisecond goes before what came live in it", () => {
  const at = (id: string) => `@time=2026-01-01T00:00:07.000Z;msgid=${id} :ann!u@h PRIVMSG #tea :${id}`;
  const played = new Played();
  played.greet();
  played.join("#tea");
  played.say(at("c"));
  played.answerHistory(at("a"), at("b"), at("c"));
  assert.deepEqual(texts(played.room()), ["a", "b", "c"]);
});

test("an event that came live without an id is known again in the history, and the other way round", () => {
  const played = new Played();
  const room = played.enter();
  played.join("#tea", "bob", "carl");
  const quit = "@time=2026-01-01T00:00:05.000Z :bob!u@h QUIT :bye";
  const nick = "@time=2026-01-01T00:00:06.000Z :carl!u@h NICK karl";
  played.say(message(4), quit, nick);
  played.reconnect();
  played.answerHistory(quit.replace("@", "@msgid=e5;").replace(":bye", ":Quit: bye"), nick.replace("@", "@msgid=e6;"), message(7));
  played.answerHistory();
  const events = () => room.messages.filter((each) => each.event && each.event !== "join").map((each) => each.event);
  assert.deepEqual(events(), ["quit", "nick"]);
  played.answerHistory(":x!u@h PRIVMSG #tea :x");
  played.join("#tea", "dora");
  played.say("BATCH +r chathistory #tea", "@batch=r;msgid=e8;time=2026-01-01T00:00:08.000Z :dora!u@h QUIT :x", "BATCH -r", "@time=2026-01-01T00:00:08.000Z :dora!u@h QUIT :x");
  assert.deepEqual(events(), ["quit", "nick", "quit"]);
});

test("two events of one moment that both have ids are two", () => {
  const played = new Played();
  const room = played.enter();
  const mode = "time=2026-01-01T00:00:05.000Z :ann!u@h MODE #tea +v bob";
  played.say(`@msgid=1;${mode}`, `@msgid=2;${mode}`);
  assert.equal(room.messages.filter((each) => each.event === "mode").length, 2);
});
