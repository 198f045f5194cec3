import assert from "node:assert/strict";
import {test} from "node:test";

import {readPlace, writePlace} from "./place";

test("an address says room, person and message, and comes back", () => {
  for (const [name, message] of [["#tea", ""], ["#tea", "a/b c"], ["ann", ""], ["#日本/語", "x"], ["##", ""], ["[a]|b", ""], ["", ""]] as const) {
    assert.deepEqual(readPlace(writePlace(name, message)), {name, message});
  }
});

test("a link made by hand does what it seems to", () => {
  assert.deepEqual(readPlace("#tea"), {name: "#tea", message: ""});
  assert.deepEqual(readPlace(""), {name: "", message: ""});
  assert.deepEqual(readPlace("#/"), {name: "", message: ""});
});

test("a hostile link is at worst a strange name", () => {
  assert.deepEqual(readPlace("#%zz"), {name: "#%zz", message: ""});
  assert.deepEqual(readPlace("#a%0d%0aQUIT%20b,c"), {name: "#aQUITbc", message: ""});
  assert.equal(readPlace("#" + "x".repeat(10_000)).name.length, 201);
});
