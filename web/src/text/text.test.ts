import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

import {commandNames} from "../chat/input";
import {en} from "./en";
import {zh} from "./zh";

test("every language fills in the same places", () => {
  const places = (text: string) => [...new Set(text.match(/\{\d\}/g) ?? [])].sort().join();
  for (const [key, text] of Object.entries(en)) assert.equal(places(zh[key as keyof typeof en]), places(text), key);
});

test("everything that the chat can say has words", () => {
  const source = ["replies", "outbox", "session", "handlers", "input", "context"].map((name) => readFileSync(`src/chat/${name}.ts`, "utf8")).join("\n");
  const keys = [...source.matchAll(/"((?:error|input)\.[a-zA-Z]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(keys.length > 30);
  for (const key of [...keys, ...commandNames.map((name) => `help.${name}`)]) assert.ok(key in en, key);
});
