import assert from "node:assert/strict";
import {test} from "node:test";

import {message, Played, texts} from "./session_fixture";

test("registration asks for capabilities, then joins, lists the rooms and asks for direct conversations", () => {
  const played = new Played();
  played.session.opened();
  assert.deepEqual(played.take(), ["CAP LS 302", "NICK me", "USER me 0 * me"]);
  played.greet();
  const sent = played.take();
  assert.ok(sent.includes("JOIN #tea") && sent.includes("LIST"), sent.join("\n"));
  assert.ok(sent.some((line) => line.startsWith("CHATHISTORY TARGETS ")));
  assert.equal(played.session.state.phase, "online");
  assert.equal(played.session.state.network, "mill");
});

test("when the name is taken another is offered, and the choice is the user's", () => {
  const played = new Played({nick: "ann"});
  played.session.opened();
  played.say(":s 433 * ann :Nickname is already in use");
  assert.equal(played.session.state.phase, "nameTaken");
  assert.equal(played.session.state.offeredNick, "ann2");
  assert.equal(played.session.state.nickTrouble?.key, "error.nickTaken");
  assert.equal(played.take().at(-1), "QUIT");
  played.session.closed();
  assert.equal(played.session.state.phase, "nameTaken", "nothing is tried before the user has chosen");
  played.session.chooseNick("anna");
  played.session.opened();
  assert.ok(played.take().includes("NICK anna"));
});

test("after a reconnect a taken name is worked around, and had again when it is free", () => {
  const played = new Played();
  played.greet();
  played.drop();
  played.session.opened();
  played.say(":s 433 * me :in use");
  assert.equal(played.take().at(-1), "NICK me2");
  played.say(":s 433 * me2 :in use");
  assert.equal(played.take().at(-1), "NICK me3");
  played.say(":s 001 me3 :hi", ":s 422 me3 :none");
  played.join("#tea", "me");
  played.take();
  played.say(":me!u@h QUIT :Ping timeout");
  assert.deepEqual(played.take(), ["NICK me"]);
  played.say(":me3!u@h NICK me");
  assert.equal(played.session.state.nick, "me");
  assert.ok(played.room().members.has("me"));
  played.session.tick();
  assert.deepEqual(played.take(), []);
});

test("members come, go, get roles and are away", () => {
  const played = new Played();
  played.greet();
  played.join("#tea", "@ann!a@h", "+bob");
  const {members} = played.room();
  assert.deepEqual([...members.values()].map((each) => each.roles + each.nick), ["me", "@ann", "+bob"]);
  assert.ok(played.take().includes("WHO #tea"));
  played.say(":s 352 me #tea u h s bob G+ :0 Bob B", ":ann!a@h MODE #tea -o+vo ann ann bob", ":Ann!a@h NICK anne");
  assert.equal(members.get("bob")?.isAway, true);
  assert.equal(members.get("bob")?.realName, "Bob B");
  assert.equal(members.get("bob")?.roles, "@+");
  assert.equal(members.get("anne")?.roles, "+");
  played.say(":bob!u@h AWAY", ":anne!a@h PART #tea :bye", ":bob!u@h KICK #tea nobody :x");
  assert.equal(members.get("bob")?.isAway, false);
  assert.deepEqual([...members.keys()], ["me", "bob"]);
  played.say(":bob!u@h KICK #tea me :out");
  assert.equal(played.room().isJoined, false);
  assert.equal(played.session.wantedRooms.size, 0, "is not joined again unasked");
});

test("direct messages open a conversation, from both sides", () => {
  const played = new Played();
  played.enter();
  played.say(message(1, "psst", "bob", "me"));
  assert.deepEqual(texts(played.room("bob")), ["psst"]);
  assert.deepEqual(played.alerts, ["psst"]);
  played.say(message(2, "what?", "me", "carl"));
  assert.deepEqual(texts(played.room("carl")), ["what?"]);
  assert.equal(played.room("carl").messages[0]?.isOwn, true);
});

test("what the server says to us alone is a notice and no conversation", () => {
  const played = new Played();
  played.enter();
  played.say(":irc.example NOTICE me :Restart at noon");
  assert.deepEqual([...played.session.state.conversations.keys()], ["#tea"]);
  assert.equal(played.session.state.notices.at(-1)?.words.said, "Restart at noon");
});

test("hostile lines change nothing and break nothing", () => {
  const played = new Played();
  const room = played.enter();
  const before = JSON.stringify([room.messages, [...room.members]]);
  for (const line of ["JOIN", ":x JOIN", ":x!u@h JOIN #other", "PRIVMSG", ":x!u@h PRIVMSG", ":x!u@h PRIVMSG #tea", ":x!u@h PRIVMSG #tea :\x01VERSION\x01",
    ":x!u@h PRIVMSG #tea :   ", ":x!u@h PRIVMSG #tea :\x02\x03", "NICK", ":me NICK", ":me NICK :", "MODE #tea +ooo", ":x MODE #nowhere +o", "353", ":s 353 me = #tea :@ + @+",
    ":x TOPIC", "322", ":s 322 me notaroom 5 :x", "BATCH", "MARKREAD #tea", "MARKREAD #tea timestamp=never", "MARKREAD #tea *", "FAIL", "FAIL CHATHISTORY",
    ":x KICK #tea", "352", "001", "AWAY", "SETNAME", ":x!u@h TAGMSG #tea", "@+typing=active TAGMSG", "INVITE", ":x INVITE me", "\0", "@@@", ":: ::"]) played.say(line);
  assert.equal(JSON.stringify([room.messages, [...room.members]]), before);
  assert.equal(played.session.state.nick, "me");
  assert.equal(played.session.state.phase, "online");
});

test("names are shown as they are and cannot reach anything else", () => {
  const played = new Played();
  played.enter();
  played.say(message(1, "x", "__proto__", "me"), message(2, "<b>", "constructor", "#tea"));
  assert.deepEqual(texts(played.room("__proto__")), ["x"]);
  assert.equal(played.room().messages[0]?.sender, "constructor");
});

test("conversations and notices do not pile up without end", () => {
  const played = new Played();
  played.enter("");
  for (let i = 0; i < 3_000; ++i) played.say(`:n${i}!u@h PRIVMSG me :hi`, `:s FAIL X Y :no ${i}`);
  assert.ok(played.session.state.conversations.size <= 1_000);
  assert.ok(played.session.state.notices.length <= 20);
});

test("typing is shown until it ends, and told not too often", () => {
  const played = new Played();
  const room = played.enter();
  played.say("@+typing=active :ann!u@h TAGMSG #tea", "@+typing=active :me!u@h TAGMSG #tea");
  assert.deepEqual([...room.typing.keys()], ["ann"]);
  played.clock += 6_000;
  assert.equal(played.session.tick(), true);
  assert.equal(room.typing.size, 0);
  for (let i = 0; i < 5; ++i) played.session.isTyping(room, true);
  assert.deepEqual(played.take(), ["@+typing=active TAGMSG #tea"]);
  played.session.isTyping(room, false);
  assert.deepEqual(played.take(), ["@+typing=done TAGMSG #tea"]);
});

test("unread messages are counted until they are seen, here or on another device", () => {
  const played = new Played();
  const room = played.enter();
  played.say(message(1), message(2, "me: look"), message(3, "own", "me"), ":bob!u@h JOIN #tea");
  assert.deepEqual([room.unread, room.mentions], [2, 1]);
  played.say("MARKREAD #tea timestamp=2026-01-01T00:00:01.000Z");
  assert.deepEqual([room.unread, room.mentions], [1, 1]);
  played.say("MARKREAD #tea timestamp=2025-01-01T00:00:01.000Z");
  assert.deepEqual([room.unread, room.mentions], [1, 1], "it never goes back");
  played.take();
  played.session.sawAll(room);
  assert.deepEqual([room.unread, room.mentions], [0, 0]);
  assert.match(played.take()[0] ?? "", /^MARKREAD #tea timestamp=2026-/);
  played.session.sawAll(room);
  assert.deepEqual(played.take(), [], "told once");
});

test("the rooms of the server are listed, the largest first", () => {
  const played = new Played();
  played.enter();
  played.say(":s 321 me Channel :x", ":s 322 me #a 1 :one", ":s 322 me #b 5 :\x02five", ":s 323 me :End");
  assert.deepEqual(played.session.state.rooms, [{name: "#b", count: 5, topic: "five"}, {name: "#a", count: 1, topic: "one"}]);
});

test("a room that may not be entered is told, and not tried again", () => {
  const played = new Played();
  played.greet();
  played.say(":s 474 me #tea :Cannot join channel (+b)");
  assert.equal(played.session.state.notices[0]?.words.key, "error.bannedFromRoom");
  assert.equal(played.session.wantedRooms.size, 0);
});

test("nothing that is typed can become a line of its own", () => {
  const played = new Played();
  const room = played.enter();
  played.session.run({type: "topic", room: "#tea", topic: "a\r\nQUIT :x"});
  played.session.run({type: "kick", room: "#tea", nick: ":bob", reason: "x"});
  played.session.say(room, "a\r\nQUIT");
  const sent = played.take();
  assert.equal(sent[0], "TOPIC #tea :a QUIT :x");
  assert.ok(sent.every((line) => !/[\r\n]/.test(line) && !/^QUIT/.test(line)), sent.join("|"));
  assert.equal(played.session.state.notices.at(-1)?.words.key, "error.cannotBeSaid");
});
