import assert from "node:assert/strict";
import {test} from "node:test";

import {apply, complete} from "./completion";

const names = ["ann", "Anna", "bob", "c.*"];

test("a name is offered behind @, and without it when asked for", () => {
  assert.deepEqual(complete("hi @an", 6, names, false), {start: 3, end: 6, candidates: ["ann", "Anna"]});
  assert.equal(complete("hi an", 5, names, false), null);
  assert.deepEqual(complete("hi AN", 5, names, true)?.candidates, ["ann", "Anna"]);
  assert.deepEqual(complete("@", 1, names, false)?.candidates.length, 4);
});

test("nothing is offered in the middle of a word, for an address, or for nobody", () => {
  for (const text of ["mail a@an", "hi ", "@zed", "@ann x", ""]) assert.equal(complete(text, text.length, names, true), null, text);
});

test("what is typed is no pattern", () => {
  assert.deepEqual(complete("@c.", 3, names, false)?.candidates, ["c.*"]);
  assert.equal(complete("@.*", 3, names, false), null);
});

test("a chosen name takes the word's place", () => {
  const completion = complete("hi @an there", 6, names, false);
  assert.ok(completion);
  assert.deepEqual(apply("hi @an there", completion, "ann"), {text: "hi @ann there", cursor: 8});
  const first = complete("an", 2, names, true);
  assert.ok(first);
  assert.deepEqual(apply("an", first, "ann"), {text: "ann: ", cursor: 5});
});
