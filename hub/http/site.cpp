#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <leat/blocking.hpp>

#include <hub/client_network.hpp>
#include <hub/http/answer_writer.hpp>
#include <hub/http/conditions.hpp>
#include <hub/http/download.hpp>
#include <hub/http/field.hpp>
#include <hub/http/home_page.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/own_name.hpp>
#include <hub/http/own_origin.hpp>
#include <hub/http/owner_cookie.hpp>
#include <hub/http/paced_conn.hpp>
#include <hub/http/receive.hpp>
#include <hub/http/receive_form.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/route.hpp>
#include <hub/http/site.hpp>
#include <hub/http/store_answer.hpp>
#include <hub/http/target.hpp>
#include <hub/http/tus.hpp>
#include <hub/http/web_page.hpp>
#include <hub/http/websocket.hpp>

namespace hub::http {
namespace {

// How much of an unwanted body is read for the sake of the next request; for more the connection is closed.
constexpr std::uint64_t skip_limit_bytes = std::uint64_t{64} << 10;

}  // namespace

// One connection from its first request to its last.
class visit {
 public:
  visit(const site& host, std::shared_ptr<paced_conn> conn)
      : site_(host),
        shared_(std::move(conn)),
        conn_(*shared_),
        reader_(conn_, bounds()),
        out_(conn_, bounds()) {}

  void run() {
    for (std::size_t count = 1; count <= bounds().requests; ++count) {
      auto asked = reader_.next();
      if (!asked) {
        refuse(asked.error());
        return;
      }
      out_.prepare(*asked);
      if (count == bounds().requests) out_.close_afterwards();
      answer(*asked);
      if (has_other_protocol_) return;
      if (!out_.keeps_open()) break;
    }
    conn_.say_goodbye();
  }

 private:
  const limits& bounds() const { return site_.options_.bounds; }

  // What could not be understood: nobody knows where the next request would begin.
  void refuse(const refusal& why) {
    if (why.status == 0) return;
    // Nothing that the request before said holds for this one.
    out_.prepare({});
    out_.close_afterwards();
    out_.send(plain_answer(why.status, why.text));
    conn_.say_goodbye();
  }

  void answer(request& asked) {
    is_tus_ = false;
    skip_body_unless_read_later(asked);
    if (!is_meant(asked)) return send_misdirected(asked);
    if (!is_from_own_page(asked)) return send_foreign(asked);
    const auto parsed = parse_target(asked.target);
    if (asked.method == "OPTIONS" && asked.target == "*") return send_options(methods_of(resource::file));
    if (!parsed) return send_refusal(asked, {400, parsed.error()});
    is_tus_ = parsed->segments[0] == "uploads";
    const auto found = find_route(*parsed);
    if (!found) return send_refusal(asked, found.error());
    if (found->what == resource::upload && override_method(asked)) skip_body_unless_read_later(asked);
    if (!allows(found->what, asked.method)) return send_not_allowed(asked, *found);
    if (asked.method == "OPTIONS" && is_tus_) return send_abilities(*found);
    if (asked.method == "OPTIONS") return send_options(methods_of(found->what));
    switch (found->what) {
      case resource::home:
        return send_home(asked);
      case resource::health:
        return send(plain_answer(200, "ok"));
      case resource::irc:
        return speak_irc(asked);
      case resource::asset:
        return send_asset_at(asked, *parsed);
      case resource::listing:
        if (asked.method == "POST") return store_form(asked, found->where);
        return send_listing(asked, *parsed, *found);
      case resource::file:
        return answer_file(asked, *parsed, *found);
      case resource::uploads:
      case resource::upload:
        return answer_upload(asked, *found);
    }
  }

  void speak_irc(const request& asked) {
    if (!site_.options_.irc) return send(plain_answer(404, "IRC over WebSocket is not spoken here"));
    const origin_policy policy{.public_url = site_.options_.public_url, .others = site_.options_.origins};
    if (auto checked = check_handshake(asked, policy); !checked) {
      auto answer = plain_answer(checked.error().status, checked.error().text);
      if (answer.status == 426) {
        answer.add("Upgrade", "websocket");
        answer.add("Sec-WebSocket-Version", "13");
      }
      return send(answer);
    }
    has_other_protocol_ = true;
    // Left to itself the system would hold megabytes for a client that does not read.
    static_cast<void>(conn_.conn().set_write_buffer(websocket_limits{}.socket_buffer_bytes));
    const leat::net::endpoint remote = conn_.conn().remote_address();
    const std::string secret = secret_of(asked);
    std::vector<std::string> cookies;
    if (!secret.empty())
      cookies = owner_cookies(secret, asked.field("Origin").value_or("").starts_with("https:"));
    site_.options_.irc(accept_websocket(shared_, asked, reader_.take_rest(), cookies), remote,
                       secret.empty() ? std::string() : owner_of(secret));
    conn_.say_goodbye();
    static_cast<void>(conn_.conn().close());  // also ends who still writes to it
  }

  // By which the client is known again. A page of others has none of it, even if the browser sends it along
  // for that page's host is ours; and who is no browser would not keep what it was not asked for.
  std::string secret_of(const request& asked) const {
    const auto origin = asked.field("Origin");
    if (origin && !is_own_origin(*origin, asked.field("Host").value_or(""), site_.options_.public_url))
      return {};
    std::string secret = owner_secret(asked);
    return secret.empty() && origin ? make_owner_secret() : secret;
  }

  void answer_file(const request& asked, const target& parsed, const route& found) {
    if (asked.method == "PUT") return store(asked, found);
    if (asked.method == "DELETE") return remove(asked, found);
    if (parsed.parameter("partial")) return send_progress(found);
    auto file = leat::blocking([&] { return site_.store_.read(found.where, *found.name); });
    if (!file) return send(answer_for(file.error()));
    send_download(asked, *file, *found.name, bounds(), out_);
  }

  // A body that will not be read must not be taken for the next request.
  void skip_body_unless_read_later(const request& asked) {
    const bool is_read_later = asked.method == "PUT" || asked.method == "POST" || asked.method == "PATCH";
    if (!is_read_later && !skip_body(asked)) out_.close_afterwards();
  }

  // Tus's way for clients that can send nothing but POST. Whether the method is another one now.
  static bool override_method(request& asked) {
    const auto meant = asked.field("X-HTTP-Method-Override");
    if (asked.method != "POST" || !meant) return false;
    asked.method = trim(*meant);
    return true;
  }

  void answer_upload(const request& asked, const route& found) {
    const auto address = conn_.remote_address().address();
    const auto client = address.is_loopback() ? std::string() : client_network(address).to_string();
    auto received = answer_tus(site_.store_, asked, found.id, client, reader_, out_);
    // These answers have no body in which to say that the room was not told.
    if (received.published)
      static_cast<void>(announce(asked, received.where, received.published->name,
                                 received.published->size_bytes,
                                 path_of(received.where, received.published->name)));
    if (received.can_answer) send(received.answer);
  }

  bool is_meant(const request& asked) const {
    return !needs_own_name(conn_.local_address().address()) ||
           is_own_name(asked.field("Host").value_or(""), site_.options_.public_url);
  }

  // What is not sent by a web page is no page's forgery.
  bool is_from_own_page(const request& asked) const {
    const auto origin = asked.field("Origin");
    return !origin || !changes_something(asked.method) ||
           is_own_origin(*origin, asked.field("Host").value_or(""), site_.options_.public_url);
  }

  bool skip_body(const request& asked) {
    // Who waits for a 100 has not sent the body, and may or may not do so after another answer.
    return !asked.has_body() || (!asked.expects_continue && reader_.skip_body(skip_limit_bytes));
  }

  void send(const response& answer) {
    if (!is_tus_) {
      out_.send(answer);
      return;
    }
    auto marked = answer;
    marked.add("Tus-Resumable", std::string(tus_version));
    out_.send(marked);
  }

  // Of a PUT or POST, the body is still to come.
  void send_refusal(const request& asked, const refusal& why) {
    if (asked.has_body()) out_.close_afterwards();
    send(plain_answer(why.status, why.text));
  }

  void send_misdirected(const request& asked) {
    send_refusal(asked, {421, fmt::format("this server does not go by the name {} (use its address, or set "
                                          "server.public_url to the name that it is to have)",
                                          asked.field("Host").value_or(""))});
  }

  void send_foreign(const request& asked) {
    send_refusal(asked, {403,
                         "a web page from another address may not change anything here (if it is this "
                         "server's own, set server.public_url to where browsers find it)"});
  }

  void send_not_allowed(const request& asked, const route& found) {
    if (asked.has_body()) out_.close_afterwards();
    const bool needs_name = asked.method == "PUT" && found.what == resource::listing;
    auto answer = needs_name ? plain_answer(405, "an upload needs the file's name at the end of the address")
                             : plain_answer(405, "this address does not know that method");
    answer.add("Allow", std::string(methods_of(found.what)));
    send(answer);
  }

  void send_options(std::string_view methods) {
    response answer{.status = 204, .fields = {}, .body = {}};
    answer.add("Allow", std::string(methods));
    send(answer);
  }

  void send_abilities(const route& found) {
    auto answer = tus_abilities(site_.store_.bounds());
    answer.add("Allow", std::string(methods_of(found.what)));
    send(answer);
  }

  void send_home(const request& asked) {
    const bool html = prefers_html(asked.field("Accept").value_or(""));
    const auto* page = html ? find_asset(site_.options_.page, "/") : nullptr;
    if (page) return send_asset(asked, *page, out_);
    auto host = asked.field("Host").value_or("");
    if (host.empty()) host = conn_.local_address().to_string();
    send(home_page(site_.options_.description, host, html));
  }

  void send_asset_at(const request& asked, const target& parsed) {
    const auto* asset = find_asset(site_.options_.page, "/assets/" + parsed.segments[1]);
    if (!asset)
      return send(plain_answer(404, "the page has no such file (reload it: there may be a newer one)"));
    send_asset(asked, *asset, out_);
  }

  void send_listing(const request& asked, const target& parsed, const route& found) {
    const auto after = parsed.parameter("after").value_or("");
    const auto listed =
        leat::blocking([&] { return site_.store_.list(found.where, after, bounds().listing_files); });
    if (!listed) return send(answer_for(listed.error()));
    const auto format = parsed.parameter("format");
    const bool json = format ? *format == "json" : prefers_json(asked.field("Accept").value_or(""));
    response answer;
    answer.body = json ? listing_as_json(found.where, *listed) : listing_as_text(found.where, *listed);
    answer.add("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
    answer.add("X-Content-Type-Options", "nosniff");
    answer.add("Cache-Control", "no-cache");
    answer.add("Vary", "Accept");
    send(answer);
  }

  // How far an upload has come that broke off.
  void send_progress(const route& found) {
    const auto waiting = leat::blocking([&] { return site_.store_.find_partial(found.where, *found.name); });
    if (!waiting) return send(plain_answer(404, "no part of that file waits for its rest"));
    auto answer =
        plain_answer(200, fmt::format("{} of {} bytes are here", waiting->held_bytes, waiting->total_bytes));
    answer.add("Upload-Offset", std::to_string(waiting->held_bytes));
    answer.add("Upload-Length", std::to_string(waiting->total_bytes));
    answer.add("Cache-Control", "no-store");
    send(answer);
  }

  void store(const request& asked, const route& found) {
    auto received = receive_upload(site_.store_, asked, found.where, *found.name, reader_, out_);
    if (!received.can_answer) return;
    if (received.published)
      received.answer.body +=
          announce(asked, found.where, received.published->name, received.published->size_bytes,
                   path_of(found.where, received.published->name));
    send(received.answer);
  }

  void store_form(const request& asked, const files::area& where) {
    auto received = receive_form(site_.store_, asked, where, bounds(), reader_, out_);
    announce_all(asked, where, received);
    if (!received.can_answer) return;
    // A browser that sent a page's form would show the answer in place of the page.
    if (received.answer.status == 201 && prefers_html(asked.field("Accept").value_or(""))) {
      received.answer.status = 303;
      std::erase_if(received.answer.fields, [](const auto& field) { return field.first == "Location"; });
      received.answer.add("Location", path_of(where));
    }
    send(received.answer);
  }

  // A form may hold more files than anyone wants to read the names of.
  void announce_all(const request& asked, const files::area& where, form_reception& received) {
    constexpr std::size_t most_by_name = 10;
    if (received.published.size() <= most_by_name) {
      for (const auto& each : received.published)
        received.answer.body += announce(asked, where, each.name, each.size_bytes, path_of(where, each.name));
      return;
    }
    std::uint64_t size_bytes = 0;
    for (const auto& each : received.published)
      size_bytes += each.size_bytes;
    received.answer.body += announce(asked, where, fmt::format("{} files", received.published.size()),
                                     size_bytes, path_of(where));
  }

  // Tells the room, if it is one. The file is stored whatever becomes of that; what went wrong is returned as
  // a line for the uploader.
  std::string announce(const request& asked, const files::area& where, const std::string& name,
                       std::uint64_t size_bytes, const std::string& path) {
    if (where.room().empty()) return {};
    const auto& base = site_.options_.public_url;
    const auto start = base.empty() ? "http://" + conn_.local_address().to_string() : base;
    const std::string secret = owner_secret(asked);
    const auto told = site_.announce_({.room = where.room(),
                                       .owner = secret.empty() ? std::string() : owner_of(secret),
                                       .name = name,
                                       .size_bytes = size_bytes,
                                       .url = start + path});
    if (told) return {};
    spdlog::warn("{} was not told of a file: {}", where.room(), told.error());
    return fmt::format("but {} was not told: {}\n", where.room(), told.error());
  }

  void remove(const request& asked, const route& found) {
    const asked_conditions conditions(asked);
    files::condition allowed;
    if (conditions.concern_changes()) {
      allowed = [&](const std::optional<files::file_version>& present) {
        const std::optional<validators> known =
            present ? std::optional(validators{etag_of(present->content), present->modified_s})
                    : std::nullopt;
        return conditions.evaluate(known, false) == verdict::proceed;
      };
    }
    const auto removed =
        leat::blocking([&] { return site_.store_.remove(found.where, *found.name, allowed); });
    if (!removed) return send(answer_for(removed.error()));
    send({.status = 204, .fields = {}, .body = {}});
  }

  const site& site_;
  const std::shared_ptr<paced_conn> shared_;
  paced_conn& conn_;
  request_reader reader_;
  answer_writer out_;
  bool has_other_protocol_ = false;  // the connection speaks no HTTP any more
  bool is_tus_ = false;              // the answer goes to a client of tus
};

site::site(files::file_store& store, site_options options, announcer announce)
    : store_(store), options_(std::move(options)), announce_(std::move(announce)) {}

void site::serve(leat::net::tcp_conn conn, const leat::context& stopping) const {
  // Shared: a stop that comes in the last moment may still hold it when this function has returned.
  const auto shared = std::make_shared<paced_conn>(std::move(conn), options_.bounds.stop_grace);
  const auto stop = leat::after_func(stopping, [shared] { shared->stop(); });
  try {
    visit(*this, shared).run();
  } catch (const std::exception& error) {
    // Out of memory or of threads: this connection ends, the others go on.
    spdlog::error("an HTTP connection was given up: {}", error.what());
  }
}

}  // namespace hub::http
