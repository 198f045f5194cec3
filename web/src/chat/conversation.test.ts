import assert from "node:assert/strict";
import {test} from "node:test";

import {addMessage, addPage, markRead, mostMessages, newConversation} from "./conversation";
import type {Message} from "./types";

function at(time: number, key = `k${time}`): Message {
  return {
    key, id: key, time, kind: "text", sender: "ann", text: key, replyTo: null, event: null, subject: null, isOwn: false, isMention: false, twin: null,
  };
}

test("messages are in the order of their time, whenever they come, and those of one time in the order of coming", () => {
  const room = newConversation("#a", "#a", "room");
  for (const message of [at(2), at(5), at(3), at(3, "again"), at(1), at(5)]) addMessage(room, message);
  assert.deepEqual(room.messages.map((each) => each.key), ["k1", "k2", "k3", "again", "k5"]);
});

test("an older page keeps its order, also within one millisecond, and brings nothing twice", () => {
  const room = newConversation("#a", "#a", "room");
  addPage(room, [at(5, "c"), at(5, "d")], false);
  assert.equal(addPage(room, [at(4, "a"), at(5, "b"), at(5, "c")], true), 2);
  assert.deepEqual(room.messages.map((each) => each.key), ["a", "b", "c", "d"]);
});

test("a page that claims to be older and is not is put where it belongs", () => {
  const room = newConversation("#a", "#a", "room");
  addMessage(room, at(5));
  addPage(room, [at(4), at(9)], true);
  assert.deepEqual(room.messages.map((each) => each.time), [4, 5, 9]);
});

test("the oldest go when there are too many, and can be fetched again", () => {
  const room = newConversation("#a", "#a", "room");
  room.history.atStart = true;
  for (let time = 1; time <= mostMessages + 10; ++time) addMessage(room, at(time));
  assert.equal(room.messages.length, mostMessages);
  assert.equal(room.messages[0]?.time, 11);
  assert.equal(room.history.atStart, false);
  assert.equal(room.unread, mostMessages);
});

test("ten thousand messages in a backward order are no trouble", () => {
  const room = newConversation("#a", "#a", "room");
  const begun = Date.now();
  for (let time = 10_000; time > 0; --time) addMessage(room, at(time));
  assert.ok(Date.now() - begun < 1_000);
});

test("reading goes up to a time", () => {
  const room = newConversation("#a", "#a", "room", 2);
  for (const time of [1, 2, 3, 4]) addMessage(room, {...at(time), isMention: time === 4});
  addMessage(room, {...at(5), kind: "event", event: "join"});
  addMessage(room, {...at(6), isOwn: true});
  assert.deepEqual([room.unread, room.mentions], [2, 1]);
  assert.equal(markRead(room, 3), true);
  assert.deepEqual([room.unread, room.mentions], [1, 1]);
  assert.equal(markRead(room, 3), false);
});
