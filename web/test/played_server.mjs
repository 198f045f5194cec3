// An IRC server played by the test, for what would take a real one too long: a room with ten thousand messages.

const start = Date.UTC(2026, 0, 1);

/** Answers the page's connection as a server with a room whose history has so many messages: "text 1", "text 2" ... */
export function playHistory(socket, room, count) {
  let batches = 0;
  const send = (line) => socket.send(line);
  const stored = (n) => `time=${new Date(start + n * 1000).toISOString()};msgid=m${n} :ann!a@h PRIVMSG ${room} :text ${n}`;
  const page = (label, from, to) => {
    const name = `b${++batches}`;
    send(`@label=${label} BATCH +${name} chathistory ${room}`);
    for (let n = Math.max(1, from); n <= to; ++n) send(`@batch=${name};${stored(n)}`);
    send(`BATCH -${name}`);
  };
  socket.onMessage((text) => {
    const [, tags = "", line = ""] = /^(?:@(\S+) )?(.*)$/.exec(text);
    const label = /label=([^;]+)/.exec(tags)?.[1] ?? "";
    const [command, ...params] = line.split(" ");
    if (command === "CAP" && params[0] === "LS") send(":s CAP * LS :message-tags server-time batch labeled-response echo-message draft/chathistory");
    if (command === "CAP" && params[0] === "REQ") send(`:s CAP * ACK ${line.slice("CAP REQ ".length)}`);
    if (command === "CAP" && params[0] === "END") for (const each of ["001 me :hi", "005 me CHATHISTORY=50 MSGREFTYPES=msgid :are", "422 me :none"]) send(`:s ${each}`);
    if (command === "JOIN") for (const each of [`:me!u@h JOIN ${room}`, `:s 353 me = ${room} :me ann`, `:s 366 me ${room} :End`]) send(each);
    if (command === "PING") send(`:s PONG s :${params[0]}`);
    if (command !== "CHATHISTORY" || params[0] === "TARGETS") return;
    const reference = Number(/^msgid=m(\d+)$/.exec(params[2])?.[1] ?? 0);
    if (params[0] === "LATEST") page(label, count - 49, count);
    if (params[0] === "BEFORE") page(label, reference - 50, reference - 1);
    if (params[0] === "AFTER") page(label, reference + 1, Math.min(count, reference + 50));
  });
}
