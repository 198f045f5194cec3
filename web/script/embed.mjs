// Turns the built page into a C++ source: every file as it is, and compressed once and for all.
//
//   node embed.mjs DIST-FOLDER OUTPUT.cpp

import {createHash} from "node:crypto";
import {readdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {join, relative} from "node:path";
import {brotliCompressSync, constants, gzipSync} from "node:zlib";

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const [dist, output] = process.argv.slice(2);
if (!dist || !output) {
  console.error("usage: embed.mjs DIST-FOLDER OUTPUT.cpp");
  process.exit(2);
}

function* filesIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

const arrays = [];

/** The name of an array that holds `bytes`; of nothing, if it is not smaller than `limit`. */
function hold(bytes, limit) {
  if (bytes.length >= limit) return "{}";
  const name = `bytes_${arrays.length}`;
  const lines = [];
  for (let at = 0; at < bytes.length; at += 24) lines.push(`    ${[...bytes.subarray(at, at + 24)].join(",")},`);
  arrays.push(`constexpr unsigned char ${name}[] = {\n${lines.join("\n")}\n};\n`);
  return `view(${name})`;
}

const assets = [...filesIn(dist)].map((file) => {
  const path = `/${relative(dist, file)}`;
  const type = types[path.slice(path.lastIndexOf(".") + 1)];
  if (!type) throw new Error(`${path}: files of that kind have no type in embed.mjs`);
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, {level: 9});
  const brotli = brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length}});
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  const held = [hold(bytes, Infinity), hold(gzip, bytes.length), hold(brotli, gzip.length)];
  return `    {"${path === "/index.html" ? "/" : path}", "${type}", "${hash}", ${held.join(", ")}},`;
});

writeFileSync(output, `// Made by web/script/embed.mjs from the built page.
#include <hub/http/web_asset.hpp>

namespace hub::http {
namespace {

${arrays.join("\n")}
template <std::size_t Size>
std::string_view view(const unsigned char (&bytes)[Size]) {
  return {reinterpret_cast<const char*>(bytes), Size};
}

}  // namespace

std::span<const web_asset> web_assets() {
  static const web_asset assets[] = {
${assets.join("\n")}
  };
  return assets;
}

}  // namespace hub::http
`);
