// Load for the TLS servers of bench/tls.py: handshakes one after the other, or one transfer. Prints one line
// of JSON. The same OpenSSL client for all, so that only servers differ.
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

struct options {
  std::uint16_t port = 0;
  int pid = 0;
  std::string way = "full";
  std::string version = "1.3";
  std::size_t count = 1000;
  std::uint64_t megabytes = 1024;
};

struct free_ssl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

std::unique_ptr<SSL_SESSION, free_ssl> last_session;

int keep_session(SSL*, SSL_SESSION* session) {
  last_session.reset(session);
  return 1;
}

void must(bool good, const char* what) {
  if (!good) bench::give_up(what);
}

std::unique_ptr<SSL_CTX, free_ssl> make_context(const options& wanted) {
  std::unique_ptr<SSL_CTX, free_ssl> made(SSL_CTX_new(TLS_client_method()));
  must(made != nullptr, "SSL_CTX_new");
  const int version = wanted.version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_min_proto_version(made.get(), version);
  SSL_CTX_set_max_proto_version(made.get(), version);
  SSL_CTX_set_ciphersuites(made.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_cipher_list(made.get(), "ECDHE+AESGCM");
  SSL_CTX_set1_groups_list(made.get(), "X25519:P-256");  // the second for the server's signature
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(made.get(), keep_session);
  return made;
}

class connection {
 public:
  connection(SSL_CTX* context, std::uint16_t port, bool resume)
      : ssl_(SSL_new(context)), fd_(bench::connect_loopback(port, bench::blocking::yes)) {
    must(ssl_ && SSL_set_fd(ssl_.get(), fd_) == 1, "SSL_new");
    const auto session = std::move(last_session);
    if (resume && session) SSL_set_session(ssl_.get(), session.get());
    must(SSL_connect(ssl_.get()) == 1, "SSL_connect");
    if (!resume) return;
    must(SSL_session_reused(ssl_.get()) == 1, "the server did not resume the session");
    // In TLS 1.2 it goes on being used, or the one that the server has put in its place.
    if (SSL_version(ssl_.get()) < TLS1_3_VERSION) last_session.reset(SSL_get1_session(ssl_.get()));
  }
  ~connection() {
    SSL_shutdown(ssl_.get());
    ssl_.reset();
    bench::close_with_reset(fd_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void ask(char what, std::uint64_t count) {
    std::array<unsigned char, 9> request{static_cast<unsigned char>(what)};
    for (std::size_t i = 0; i < 8; ++i)
      request[i + 1] = static_cast<unsigned char>(count >> (56 - 8 * i));
    must(SSL_write(ssl_.get(), request.data(), request.size()) == request.size(), "SSL_write");
  }

  void receive(std::uint64_t left) {
    std::vector<char> buffer(65536);
    while (left > 0) {
      const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      must(count > 0, "SSL_read");
      left -= static_cast<std::uint64_t>(count);
    }
  }

  void send(std::uint64_t left) {
    const std::vector<char> buffer(65536);
    while (left > 0) {
      const int part = static_cast<int>(std::min<std::uint64_t>(left, buffer.size()));
      must(SSL_write(ssl_.get(), buffer.data(), part) == part, "SSL_write");
      left -= static_cast<std::uint64_t>(part);
    }
  }

 private:
  std::unique_ptr<SSL, free_ssl> ssl_;
  int fd_;
};

void shake_hands(SSL_CTX* context, const options& wanted, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    connection one(context, wanted.port, wanted.way == "resumed" && last_session);
    one.ask('d', 1);
    one.receive(1);  // sessions of TLS 1.3 come before it
    if (wanted.way == "resumed") must(last_session != nullptr, "the server gave no session to resume");
  }
}

void transfer(SSL_CTX* context, const options& wanted, std::uint64_t bytes) {
  connection one(context, wanted.port, false);
  const bool down = wanted.way == "download";
  one.ask(down ? 'd' : 'u', bytes);
  if (!down) one.send(bytes);
  one.receive(down ? bytes : 1);
}

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app("Load for a TLS server on 127.0.0.1.");
  app.add_option("--port", wanted.port, "port of the server")->required();
  app.add_option("--pid", wanted.pid, "process of the server, to read its processor time")->required();
  app.add_option("--way", wanted.way)->check(CLI::IsMember({"full", "resumed", "download", "upload"}));
  app.add_option("--version", wanted.version)->check(CLI::IsMember({"1.2", "1.3"}));
  app.add_option("--count", wanted.count, "handshakes")->capture_default_str();
  app.add_option("--megabytes", wanted.megabytes, "of a transfer")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto context = make_context(wanted);
  const bool bulk = wanted.way == "download" || wanted.way == "upload";
  const auto work = [&](std::uint64_t units) {
    bulk ? transfer(context.get(), wanted, units * 1'000'000) : shake_hands(context.get(), wanted, units);
  };
  const std::uint64_t units = bulk ? wanted.megabytes : wanted.count;
  work(units / 10 + 1);  // warms up
  const auto cpu_before = bench::process_cpu_ns(wanted.pid);
  const auto begin = bench::clock::now();
  work(units);
  const std::chrono::duration<double> took = bench::clock::now() - begin;
  const auto cpu_s = double(bench::process_cpu_ns(wanted.pid) - cpu_before) / 1e9;
  std::printf("{\"per_s\": %.2f, \"per_cpu_s\": %.2f}\n", double(units) / took.count(),
              double(units) / cpu_s);
}
