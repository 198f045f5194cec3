import assert from "node:assert/strict";
import {test} from "node:test";

import {type Batch, Batches, isBatch} from "./batches";
import {type Line, parseLine} from "./line";

function show(taken: Line | Batch): unknown {
  if (!isBatch(taken)) return taken.params[0];
  return [taken.type, ...taken.params, taken.tags.get("label") ?? "", ...taken.lines.map(show)];
}

/** What came out for each line: nothing, a line's first parameter, or a batch with all that is in it. */
function feed(batches: Batches, ...texts: string[]): unknown[] {
  return texts.map((text) => {
    const line = parseLine(text);
    assert.ok(line);
    const taken = batches.take(line);
    return taken && show(taken);
  });
}

test("lines of a batch come together at its end, others at once", () => {
  assert.deepEqual(
    feed(new Batches(), "@label=7 BATCH +a chathistory #tea", "@batch=a PRIVMSG 1", "PING x", "@batch=a PRIVMSG 2", "BATCH -a"),
    [null, null, "x", null, ["chathistory", "#tea", "7", "1", "2"]]);
});

test("batches within a batch stay together", () => {
  assert.deepEqual(
    feed(new Batches(), "BATCH +a labeled-response", "@batch=a BATCH +b chathistory #t", "@batch=b PRIVMSG 1", "BATCH -b", "BATCH -a"),
    [null, null, null, null, ["labeled-response", "", ["chathistory", "#t", "", "1"]]]);
});

test("wrong marks are passed over", () => {
  assert.deepEqual(
    feed(new Batches(), "BATCH", "BATCH x", "BATCH +", "BATCH -a", "BATCH +a t", "BATCH +a t", "BATCH -a", "BATCH -a", "@batch=a PING x"),
    [null, null, null, null, null, null, ["t", ""], null, "x"]);
});

test("neither open batches nor their lines pile up", () => {
  const batches = new Batches();
  for (let i = 0; i < 100_000; ++i) feed(batches, `BATCH +${i} t`);
  assert.deepEqual(feed(batches, "@batch=99999 PING x"), ["x"], "was never opened");
  for (let i = 0; i < 6_000; ++i) feed(batches, "@batch=0 PING x");
  assert.equal((feed(batches, "BATCH -0")[0] as unknown[]).length, 5_002);
});
