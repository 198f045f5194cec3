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

test("who comes back to a page waits a little for the name that the page before still has", () => {
  const waiting: (() => void)[] = [];
  const played = new Played({isReturning: true, later: (run) => waiting.push(run)});
  played.session.opened();
  played.take();
  played.say(":s 433 * me :in use");
  assert.deepEqual([played.session.state.phase, played.take()], ["connecting", []]);
  waiting.shift()?.();
  assert.deepEqual(played.take(), ["NICK me"]);
  for (let i = 0; i < 20; ++i) {
    played.say(":s 433 * me :in use");
    waiting.shift()?.();
  }
  assert.deepEqual([played.session.state.phase, played.session.state.offeredNick], ["nameTaken", "me2"]);
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

test("who somebody is is put together from what the server tells", () => {
  const played = new Played();
  played.enter();
  played.session.run({type: "whois", nick: "ANN"});
  assert.deepEqual(played.take(), ["WHOIS ANN"]);
  assert.equal(played.session.state.profile?.status, "asked");
  played.say(":s 311 me ann a h * :Ann \x02Other", ":s 319 me ann :@#tea #mill", ":s 312 me ann s :x", ":s 301 me ann :at lunch", ":s 330 me ann annie :is logged in as",
    ":s 317 me ann 90 1767225600 :seconds idle", ":s 311 me bob b h * :Bob", ":s 318 me ann :End");
  const {asked, ...profile} = played.session.state.profile ?? {asked: 0};
  assert.deepEqual(profile, {nick: "ann", status: "known", realName: "Ann Other", address: "a@h", account: "annie", away: "at lunch", rooms: ["@#tea", "#mill"],
    idle_s: 90, since: 1_767_225_600_000, isOperator: false});
  assert.equal(asked, played.clock);
  assert.equal(played.session.state.notices.length, 0);
  played.say(":s 301 me ann :at lunch");
  assert.equal(played.session.state.notices.at(-1)?.words.key, "isAway", "no longer part of the answer");
});

test("who is not there is told so, and no answer is put under another name", () => {
  const played = new Played();
  played.enter();
  played.session.askProfile("nemo");
  played.say(":s 401 me nemo :No such nick", ":s 318 me nemo :End");
  assert.equal(played.session.state.profile?.status, "unknown");
  assert.equal(played.session.state.notices.length, 0);
  played.session.askProfile("bob");
  played.say(":s 317 me bob x y :z", ":s 319 me bob", ":s 311 me", ":s 317 me bob 99999999999999 1 :z", ":s 318 me bob :End");
  assert.deepEqual([played.session.state.profile?.status, played.session.state.profile?.idle_s, played.session.state.profile?.rooms], ["unknown", null, []]);
  played.session.closeProfile();
  assert.equal(played.session.state.profile, null);
});

test("of those who are talked with it is told whether they are there", () => {
  const played = new Played();
  played.greet();
  played.say(":s 005 me MONITOR=100 :are");
  const bob = played.session.open("bob");
  assert.ok(played.take().includes("MONITOR + bob"));
  played.say(":s 731 me bob");
  assert.equal(bob?.isPresent, false);
  played.say(":s 730 me :bob!b@h,carl!c@h", ":s 730 me", ":s 731 me :,#tea");
  assert.equal(bob?.isPresent, true);
  played.drop();
  played.greet();
  assert.equal(bob?.isPresent, null);
  assert.ok(played.take().includes("MONITOR + bob"));
  if (bob) played.session.leave(bob);
  assert.ok(played.take().includes("MONITOR - bob"));
});

test("a room that is being joined is not joined once more", () => {
  const played = new Played();
  played.enter();
  played.session.join("#mill", "secret");
  played.session.open("#mill");
  assert.deepEqual(played.take(), ["JOIN #mill secret"]);
  played.say(":s 475 me #mill :Cannot join channel (+k)");
  played.session.open("#mill");
  assert.deepEqual(played.take(), ["JOIN #mill"]);
});

test("what the server tells of a file of ours calls nobody, and of another's is news", () => {
  const played = new Played();
  const room = played.enter();
  const told = (nick: string) => `:leat!files@leat PRIVMSG #tea :${nick} shared a.png (1 B): http://h/rooms/tea/files/a.png`;
  played.say(told("me"));
  assert.deepEqual([room.unread, room.messages[0]?.isMention, played.alerts], [0, false, []]);
  played.say(told("ann"), ":files!files@h PRIVMSG #tea :me shared a secret");
  assert.deepEqual([room.unread, room.mentions], [2, 1]);
});
