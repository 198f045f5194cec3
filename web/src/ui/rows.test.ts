import assert from "node:assert/strict";
import {test} from "node:test";

import type {EventType, Message} from "../chat/types";
import {grown, lasting, moved, rangeAround, rangeAtEnd, rowsOf, windowSize, windowStep} from "./rows";

const noon = new Date(2026, 0, 5, 12).getTime();

function said(minute: number, sender = "ann", event: EventType | null = null): Message {
  return {
    key: `${minute}/${sender}`, id: null, time: noon + minute * 60_000, kind: event ? "event" : "text", sender, text: "x", replyTo: null, event,
    subject: null, isOwn: sender === "me", isMention: false, twin: null,
  };
}

const shape = (messages: Message[], newSince = 0, before: Message | null = null) =>
  rowsOf(messages, [], before, newSince).map((row) => (row.type === "message" ? (row.isFirst ? row.message.sender : "·") : row.type === "events" ? row.events.length : row.type));

test("what one says in one go stands together", () => {
  assert.deepEqual(shape([said(0), said(1), said(2, "bob"), said(3), said(20)]), ["day", "ann", "·", "bob", "ann", "ann"]);
});

test("a new day is marked, also at the start of what is drawn", () => {
  assert.deepEqual(shape([said(0), said(24 * 60)]), ["day", "ann", "day", "ann"]);
  assert.deepEqual(shape([said(2)], 0, said(1)), ["·"]);
});

test("comings and goings stand together", () => {
  assert.deepEqual(shape([said(0), said(1, "b", "join"), said(2, "c", "join"), said(3)]), ["day", "ann", 2, "ann"]);
});

test("the line stands above the first new message of others, once, and only where that is drawn", () => {
  assert.deepEqual(shape([said(0), said(1, "me"), said(2), said(3)], noon), ["day", "ann", "me", "new", "ann", "·"]);
  assert.deepEqual(shape([said(3)], noon, said(2)), ["·"]);
  assert.deepEqual(shape([said(0)], noon + 1), ["day", "ann"]);
});

test("never more is drawn than fits the window, whatever is asked for", () => {
  for (const count of [0, 1, windowSize, 10_000]) {
    for (const range of [rangeAtEnd(count), rangeAround(0, count), rangeAround(count, count), moved(rangeAtEnd(count), -1e6, count), moved(rangeAtEnd(count), 1e6, count)]) {
      assert.ok(range.start >= 0 && range.end <= count && range.end - range.start === Math.min(count, windowSize), JSON.stringify([count, range]));
    }
  }
});

test("a window that has grown stays as large when it moves, and never leaves what is loaded", () => {
  const large = grown(rangeAround(5_000, 10_000), 10_000);
  assert.equal(large.end - large.start, windowSize + 2 * windowStep);
  for (const by of [-1e6, -windowStep, windowStep, 1e6]) {
    const range = moved(large, by, 10_000);
    assert.ok(range.start >= 0 && range.end <= 10_000 && range.end - range.start === large.end - large.start);
  }
  assert.deepEqual(grown({start: 0, end: 3}, 3), {start: 0, end: 3});
});

test("who only went and came again is not told of", () => {
  const events = [said(0, "ann", "quit"), said(1, "bob", "join"), said(2, "ann", "join"), said(3, "bob", "part"), said(4, "carl", "join"), said(5, "carl", "nick"), said(6, "ann", "topic")];
  assert.deepEqual(lasting(events).map((each) => `${each.sender} ${each.event}`), ["carl join", "carl nick", "ann topic"]);
  assert.deepEqual(lasting([said(0, "ann", "quit"), said(1, "ann", "join"), said(2, "ann", "quit")]).map((each) => each.time), [noon + 2 * 60_000]);
});
