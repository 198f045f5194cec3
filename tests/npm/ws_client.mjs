// ws as a program: opens a WebSocket, does what lines of JSON on standard input say, and tells by such lines what happens.
//
//   node ws_client.mjs URL OPTIONS
//
// OPTIONS is JSON: {"protocols": [...]} and the options of ws itself. Input: {"send": TEXT}, {"ping": TEXT},
// {"close": CODE, "reason": TEXT}. Output: {"open": PROTOCOL, "extensions": TEXT}, {"line": TEXT, "binary": BOOL},
// {"pong": TEXT}, {"closed": CODE, "reason": TEXT}, {"error": TEXT}. It ends when the connection does.
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const [url, text] = process.argv.slice(2)
const { protocols = [], ...options } = JSON.parse(text)
const say = (what) => console.log(JSON.stringify(what))
const socket = new WebSocket(url, protocols, options)

socket.on('open', () => {
  say({ open: socket.protocol, extensions: socket.extensions })
  createInterface({ input: process.stdin }).on('line', (line) => {
    const wanted = JSON.parse(line)
    if ('send' in wanted) socket.send(wanted.send)
    if ('ping' in wanted) socket.ping(wanted.ping)
    if ('close' in wanted) socket.close(wanted.close, wanted.reason)
  })
})
socket.on('message', (data, binary) => say({ line: data.toString(), binary }))
socket.on('pong', (data) => say({ pong: data.toString() }))
socket.on('error', (error) => say({ error: String(error) }))
socket.on('close', (code, reason) => {
  say({ closed: code, reason: reason.toString() })
  process.stdin.destroy()
})
