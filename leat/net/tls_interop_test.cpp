// The other end is a program that we did not write: OpenSSL's own tool, and wget, which speaks TLS by GnuTLS.
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <leat/blocking.hpp>
#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(another_implementation);

bool machine_has(const char* program) {
  return std::system((std::string("command -v ") + program + " >/dev/null 2>&1").c_str()) == 0;
}

// A command of the shell, ended after a minute at the latest: what it prints, and a pipe to its input.
class program {
 public:
  explicit program(const std::string& command)
      : output_(::popen(("{ timeout 60 " + command + "; } <" + input_path() + " 2>&1").c_str(), "r")),
        input_(blocking([&] { return std::fopen(input_path().c_str(), "w"); })) {}

  void say(std::string_view text) {
    EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), input_.get()), text.size());
    std::fflush(input_.get());
  }

  /// What it prints, up to a line that contains `wanted`, or to the end.
  std::string listen_for(std::string_view wanted = "\n no line is like this") {
    return blocking([&] {
      std::string all;
      std::array<char, 4096> line;
      while (std::fgets(line.data(), line.size(), output_.get())) {
        all += line.data();
        if (std::string_view(line.data()).contains(wanted)) break;
      }
      return all;
    });
  }

 private:
  struct closer {
    void operator()(std::FILE* pipe) const { ::pclose(pipe); }
  };
  struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  // Made before the command opens it.
  std::string input_path() {
    const std::string path = here_.at("input");
    ::mkfifo(path.c_str(), 0600);
    return path;
  }

  temporary_directory here_;
  std::unique_ptr<std::FILE, closer> output_;
  std::unique_ptr<std::FILE, file_closer> input_;  // closed first: then the command ends by itself
};

struct files {
  temporary_directory here;
  std::string certificate = here.at("crt");
  std::string key = here.at("key");
  std::string authority = here.at("ca");

  files() {
    std::ofstream(certificate) << test_identity().certificates_pem();
    std::ofstream(key) << test_identity().private_key_pem();
    std::ofstream(authority) << test_authority().pem();
  }
};

TEST_P(another_implementation, is_served) {
  if (!machine_has("wget")) GTEST_SKIP() << "no wget (Debian's package is wget)";
  run([] {
    const files own;
    auto listener = listen_tcp(on_loopback).value();
    const auto server = *tls_server::create(server_config());
    const std::string body = pattern(300'000);
    joined others;
    others.go([&] {
      auto tcp = listener.accept();
      ASSERT_TRUE(tcp);
      tls_conn conn = server.wrap(std::move(*tcp));
      std::string request;
      for (std::string more = "-"; !more.empty() && !request.contains("\r\n\r\n"); request += more)
        more = read_text(conn);
      EXPECT_TRUE(request.starts_with("GET /picture "));
      EXPECT_TRUE(conn.write("HTTP/1.0 200 OK\r\n\r\n" + body));
      EXPECT_TRUE(conn.close());
    });
    program client("wget --no-config --tries=1 --timeout=50 -q -O - --ca-certificate=" + own.authority +
                   " https://" + listener.local_address().to_string() + "/picture | wc -c");
    EXPECT_EQ(client.listen_for(), "300000\n");
    EXPECT_TRUE(listener.close());
  });
}

// A line that begins with K makes s_client change its keys and ask for ours.
TEST_P(another_implementation, may_ask_for_new_keys) {
  if (!machine_has("openssl")) GTEST_SKIP() << "no openssl (Debian's package is openssl)";
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const auto server = *tls_server::create(server_config());
    program client("openssl s_client -connect " + listener.local_address().to_string());
    tls_conn conn = server.wrap(listener.accept().value());
    client.say("before\n");
    EXPECT_EQ(read_exactly(conn, 7), "before\n");
    client.say("K\n");
    EXPECT_TRUE(client.listen_for("KEYUPDATE").contains("KEYUPDATE"));
    ASSERT_TRUE(conn.write("meanwhile\n"));
    EXPECT_TRUE(client.listen_for("meanwhile").contains("meanwhile"));
    client.say("after\n");
    EXPECT_EQ(read_exactly(conn, 6), "after\n");
    client.say("Q\n");
    EXPECT_EQ(read_all(conn), "");
  });
}

// A line that begins with R makes s_client negotiate anew, which TLS 1.2 allows and we do not.
TEST_P(another_implementation, may_not_negotiate_anew) {
  if (!machine_has("openssl")) GTEST_SKIP() << "no openssl (Debian's package is openssl)";
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const auto server = *tls_server::create(server_config());
    program client("openssl s_client -tls1_2 -connect " + listener.local_address().to_string());
    tls_conn conn = server.wrap(listener.accept().value());
    client.say("before\n");
    EXPECT_EQ(read_exactly(conn, 7), "before\n");
    client.say("R\n");
    // It is told so by a warning, and gives up.
    std::array<std::byte, 16> buffer;
    const auto count = conn.read(buffer);
    EXPECT_TRUE(!count || *count == 0);
  });
}

TEST_P(another_implementation, is_a_server) {
  if (!machine_has("openssl")) GTEST_SKIP() << "no openssl (Debian's package is openssl)";
  run([] {
    const files own;
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
      program server(std::string("openssl s_server -accept 127.0.0.1:0 -naccept 1 -rev ") + version +
                     " -cert " + own.certificate + " -key " + own.key);
      const std::string told = server.listen_for("ACCEPT");
      const auto port = told.rfind(':');
      ASSERT_NE(port, std::string::npos) << told;
      const int number = std::atoi(told.c_str() + port + 1);
      auto tcp = dial_tcp("127.0.0.1:" + std::to_string(number), {.timeout = patience});
      ASSERT_TRUE(tcp) << told;
      auto conn = *tls_client::create(client_config())->wrap(std::move(*tcp), "localhost");
      ASSERT_TRUE(conn.write("drawkcab\n"));
      EXPECT_EQ(read_exactly(conn, 9), "backward\n");
      EXPECT_EQ(conn.details()->version,
                std::string_view(version) == "-tls1_3" ? tls_version::tls_1_3 : tls_version::tls_1_2);
      ASSERT_TRUE(conn.close());
    }
  });
}

}  // namespace
}  // namespace leat::net
