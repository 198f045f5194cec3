import assert from "node:assert/strict";
import {test} from "node:test";

import {Negotiation, wanted} from "./capabilities";
import {parseLine} from "./line";

function take(negotiation: Negotiation, text: string): string[] {
  const line = parseLine(text);
  assert.ok(line);
  return negotiation.take(line);
}

test("what is offered and wanted is asked for, and registration goes on when it is had", () => {
  const negotiation = new Negotiation();
  assert.equal(negotiation.begin(), "CAP LS 302");
  assert.deepEqual(take(negotiation, ":s CAP * LS * :batch sasl=PLAIN"), []);
  assert.deepEqual(take(negotiation, ":s CAP * LS :message-tags=x unheard-of"), ["CAP REQ :message-tags batch"]);
  assert.deepEqual(take(negotiation, ":s CAP * ACK :message-tags batch "), ["CAP END"]);
  assert.deepEqual([...negotiation.enabled], ["message-tags", "batch"]);
});

test("a server that offers nothing is not kept waiting", () => {
  assert.deepEqual(take(new Negotiation(), ":s CAP * LS :"), ["CAP END"]);
});

test("what is refused together is asked for one by one", () => {
  const negotiation = new Negotiation();
  take(negotiation, ":s CAP * LS :batch setname");
  assert.deepEqual(take(negotiation, ":s CAP * NAK :batch setname"), ["CAP REQ batch", "CAP REQ setname"]);
  assert.deepEqual(take(negotiation, ":s CAP * ACK batch"), []);
  assert.deepEqual(take(negotiation, ":s CAP * NAK setname"), ["CAP END"]);
  assert.deepEqual([...negotiation.enabled], ["batch"]);
});

test("offers may come and go later, and registration ends only once", () => {
  const negotiation = new Negotiation();
  take(negotiation, ":s CAP * LS :");
  assert.deepEqual(take(negotiation, ":s CAP a NEW :away-notify"), ["CAP REQ away-notify"]);
  assert.deepEqual(take(negotiation, ":s CAP a ACK away-notify"), []);
  take(negotiation, ":s CAP a DEL :away-notify batch");
  assert.deepEqual([...negotiation.enabled], []);
});

test("refusals and answers that nobody asked for do no harm", () => {
  const negotiation = new Negotiation();
  for (const text of [":s CAP", ":s CAP *", ":s CAP * NAK :a b c", ":s CAP * WHAT x", ":s CAP * ACK", ":s CAP * DEL"]) {
    assert.ok(take(negotiation, text).every((line) => line === "CAP END"), text);
  }
});

test("every request fits into a line", () => {
  const lines = take(new Negotiation(), `:s CAP * LS :${wanted.join(" ")}`);
  assert.ok(lines.every((line) => line.length < 510));
  assert.equal(lines.flatMap((line) => line.replace("CAP REQ :", "").split(" ")).length, wanted.length);
});
