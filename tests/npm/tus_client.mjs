// tus-js-client as a program: uploads a file, and says as lines of JSON what happens.
//
//   node tus_client.mjs ENDPOINT FILE OPTIONS
//
// OPTIONS is JSON: those of tus-js-client, and `stopAt`, a number of bytes after which the upload is paused, or given
// up (by DELETE) if `giveUp` is true. Exit codes: 0 done, paused or given up, 1 failed.
import { createReadStream, statSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import * as tus from 'tus-js-client'

const [endpoint, file, text] = process.argv.slice(2)
const { stopAt, giveUp, ...options } = JSON.parse(text)
const say = (what) => console.log(JSON.stringify(what))
let stopped = false

// A file has a length, also when it is not told; a pipe has none.
const input = createReadStream(file)
const upload = new tus.Upload(options.uploadLengthDeferred ? input.pipe(new PassThrough()) : input, {
  endpoint,
  retryDelays: null,
  ...(options.uploadLengthDeferred ? {} : { uploadSize: statSync(file).size }),
  ...options,
  onAfterResponse: (request, response) =>
    say({
      method: request.getMethod(),
      status: response.getStatus(),
      offset: response.getHeader('Upload-Offset'),
      file: response.getHeader('Content-Location'),
    }),
  onProgress: async (sent) => {
    if (stopAt === undefined || sent < stopAt || stopped || !upload.url) return
    stopped = true
    await upload.abort(Boolean(giveUp))
    say({ url: upload.url, stopped: sent })
  },
  onSuccess: () => say({ url: upload.url, success: true }),
  onError: (error) => {
    say({ error: String(error) })
    process.exitCode = 1
  },
})
upload.start()
