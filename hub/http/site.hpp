// The HTTP side of the server: files and a page that says how to use them.
//
//   hub::http::site site(store, {.bounds = config.http}, announce);
//   site.serve(std::move(conn), stopping);
//
//   GET, HEAD, PUT, DELETE  /files/NAME               a file for everyone
//   GET, HEAD, PUT, DELETE  /rooms/ROOM/files/NAME    a file of a room; an upload is announced there
//   GET, HEAD               /files, /rooms/ROOM/files a listing: ?format=json, ?after=NAME
//   POST                    /files, /rooms/ROOM/files a form with files, as browsers and `curl -F` send it
//   POST                    /uploads                  a resumable upload begins (tus 1.0, see tus.hpp)
//   HEAD, PATCH, DELETE     /uploads/ID               it goes on, or is given up
//   GET                     /irc                      IRC over WebSocket
//   GET, HEAD               /assets/NAME              what the page for browsers loads
//   GET, HEAD               /, /health                / is that page, or text for those who want no HTML
//
// Only pages of our own may have a browser change anything: see own_origin.hpp.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <leat/context.hpp>
#include <leat/net/address.hpp>
#include <leat/net/stream.hpp>
#include <leat/net/tcp_conn.hpp>

#include <hub/files/file_store.hpp>
#include <hub/http/limits.hpp>
#include <hub/http/web_asset.hpp>

namespace hub::http {

// A file that someone has put into a room.
struct announcement {
  std::string room;   // as the uploader spelled it, with its #
  std::string owner;  // whose it was, as for irc_handler
  std::string name;
  std::uint64_t size_bytes = 0;
  std::string url;
};

// Tells the room; an error is a sentence.
using announcer = std::function<std::expected<void, std::string>(const announcement&)>;

// Serves an IRC connection from `remote` until it ends. `owner` says whose it is, the same each time that
// they come; empty for a stranger.
using irc_handler = std::function<void(std::unique_ptr<leat::net::stream> conn,
                                       const leat::net::endpoint& remote, std::string_view owner)>;

struct site_options {
  limits bounds = {};
  // How links start, and by which name requests may call this server beside those of own_name.hpp; empty:
  // links start with "http://" and the address that was connected to.
  std::string public_url = {};
  std::string description = "a leat chat and file server";
  // Pages of these origins may speak IRC, too: "https://chat.example.org", or "*" for all.
  std::vector<std::string> origins = {};
  irc_handler irc = {};  // none: no IRC over WebSocket
  // The page for browsers; without one they get a plain page that tells how to use the server.
  std::span<const web_asset> page = {};
};

// Thread-safe: one site serves all connections.
class site {
 public:
  // The store must outlive the site. `announce` is called in the goroutine of the uploader's connection,
  // after the file is published.
  site(files::file_store& store, site_options options, announcer announce);

  // Serves one connection until it ends: the client closes it, is silent or slow for too long, breaks the
  // protocol, or `stopping` is cancelled. Then idle connections end at once and transfers after `stop_grace`;
  // an upload that is cut off by that can be resumed.
  void serve(leat::net::tcp_conn conn, const leat::context& stopping) const;

 private:
  friend class visit;

  files::file_store& store_;
  const site_options options_;
  const announcer announce_;
};

}  // namespace hub::http
