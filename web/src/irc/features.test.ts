import assert from "node:assert/strict";
import {test} from "node:test";

import {Features} from "./features";

test("names are folded as the server does", () => {
  const features = new Features();
  assert.equal(features.fold("ÄNN[X]"), "Änn[x]", "only ASCII");
  features.take(["CASEMAPPING=rfc1459"]);
  assert.equal(features.fold("Ann[\\]~"), "ann{|}^");
});

test("what was taken back counts no more", () => {
  const features = new Features();
  features.take(["CHANTYPES=&", "NICKLEN=9"]);
  assert.equal(features.isRoom("&a"), true);
  assert.equal(features.number("NICKLEN", 30), 9);
  features.take(["-CHANTYPES", "-NICKLEN"]);
  assert.equal(features.isRoom("&a"), false);
  assert.equal(features.isRoom("#a"), true);
  assert.equal(features.isRoom(""), false);
  assert.equal(features.number("NICKLEN", 30), 30);
});

test("nonsense is not believed", () => {
  const features = new Features();
  features.take(["NICKLEN=-5", "PREFIX=(ov@", "LINELEN=1e99", "__proto__=1"]);
  assert.equal(features.number("NICKLEN", 30), 30);
  assert.equal(features.number("LINELEN", 512), 512);
  assert.deepEqual(features.roles(), []);
});

test("it is known which modes have arguments", () => {
  const features = new Features();
  assert.equal(features.modeTakesArgument("o", false), true);
  assert.equal(features.modeTakesArgument("l", true), true);
  assert.equal(features.modeTakesArgument("l", false), false);
  assert.equal(features.modeTakesArgument("k", false), true);
  assert.equal(features.modeTakesArgument("m", true), false);
});
