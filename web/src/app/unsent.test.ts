import assert from "node:assert/strict";
import {test} from "node:test";

import {parseKept} from "./unsent";

const message = {target: "#tea", nick: "ann", kind: "text", text: "hi", replyTo: null, time: 1, status: "waiting", reason: null, place: {id: "m1", time: 2}};

test("what was kept is read back as it was", () => {
  const kept = {nick: "ann", messages: [message, {...message, status: "failed", reason: {key: "error.tooLong", values: ["x"], said: ""}, place: null}]};
  assert.deepEqual(parseKept(JSON.parse(JSON.stringify(kept))), kept);
});

test("of what somebody else put there only sound messages are taken", () => {
  for (const value of [null, 7, "x", [], {}, {nick: 7, messages: {}}, {nick: "ann", messages: [null, 7, [], {}]}]) assert.deepEqual(parseKept(value).messages, []);
  const broken = [{target: ""}, {text: ""}, {text: "x".repeat(20_001)}, {kind: "html"}, {status: "sent"}, {time: "now"}, {nick: null}].map((part) => ({...message, ...part}));
  assert.deepEqual(parseKept({nick: "ann", messages: broken}).messages, []);
  assert.deepEqual(parseKept({nick: "ann", messages: [{...message, place: "x", reason: 7, replyTo: 7}]}).messages, [{...message, place: null}]);
});
