// The server over real sockets on loopback.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/net/dial.hpp>
#include <leat/net/pipe.hpp>
#include <leat/time.hpp>

#include <hub/memory_store.hpp>
#include <hub/server.hpp>

namespace hub {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr auto patience = 30s;

// A client that reads lines and gives up, failing the test, when what it waits for does not come.
class client {
 public:
  explicit client(const server& to, std::optional<std::size_t> read_buffer = {})
      : conn_(leat::net::dial_tcp(to.addresses().at(0), {.timeout = patience}).value()) {
    if (read_buffer) {
      EXPECT_TRUE(conn_.set_read_buffer(*read_buffer));
    }
    EXPECT_TRUE(conn_.set_read_deadline(patience));
  }

  void says(std::string_view lines) { static_cast<void>(conn_.write(std::string(lines) + "\r\n")); }
  void sends(std::string_view bytes) { static_cast<void>(conn_.write(bytes)); }
  void half_closes() { EXPECT_TRUE(conn_.close_write()); }

  void enters(std::string_view nick) {
    says("NICK " + std::string(nick) + "\r\nUSER " + std::string(nick) + " 0 * :A Person");
    reads_until(" 422 ");
  }

  void joins(std::string_view room) {
    says("JOIN " + std::string(room));
    reads_until(" 366 ");
  }

  // The next line, without its end; nothing at the end of the stream.
  std::optional<std::string> reads_line() {
    for (;;) {
      if (const std::size_t end = text_.find('\n'); end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      std::array<char, 4096> bytes;
      const auto count = conn_.read(std::as_writable_bytes(std::span(bytes)));
      if (!count || *count == 0) return std::nullopt;
      text_.append(bytes.data(), *count);
    }
  }

  // The next line that has the text in it; lines before it are passed over.
  std::string reads_until(std::string_view part) {
    while (auto line = reads_line())
      if (line->find(part) != std::string::npos) return *line;
    ADD_FAILURE() << "the connection ended before a line with: " << part;
    return {};
  }

  // Says something again and again; whether that came to an end within the time there is.
  bool talks_until_cut() {
    const auto deadline = leat::deadline_after(patience);
    while (std::chrono::steady_clock::now() < deadline) {
      if (!conn_.write("PING still\r\n")) return true;
      leat::sleep_for(5ms);
    }
    return false;
  }

  std::string reads_all() {
    std::string all;
    while (auto line = reads_line())
      all += *line + "\n";
    return all;
  }

 private:
  leat::net::tcp_conn conn_;
  std::string text_;
};

class server_test : public testing::Test {
 protected:
  server_test() {
    configured.server.listen = {"127.0.0.1:0"};
    configured.irc.flood_lines_per_second = 0;
    configured.irc.flood_bytes_per_second = 0;
  }

  // Runs the body as the main goroutine, with a server that is stopped afterwards.
  template <typename Body>
  void run(Body&& body) {
    leat::run({.workers = 2}, [&] {
      server one(configured, store, [this](leat::net::tcp_conn conn, const leat::context& stopping) {
        if (http) http(std::move(conn), stopping);
      });
      ASSERT_TRUE(one.start());
      body(one);
      one.stop();
    });
  }

  config configured;
  memory_store store;
  server::http_handler http;
};

TEST_F(server_test, two_clients_talk_in_a_room_and_in_private) {
  run([&](server& one) {
    client alice(one), bob(one);
    alice.enters("alice");
    bob.enters("bob");
    alice.joins("#mill");
    bob.joins("#mill");
    EXPECT_EQ(alice.reads_until("bob"), ":bob!~bob@127.0.0.1 JOIN #mill");
    bob.says("PRIVMSG #mill :hello");
    EXPECT_EQ(alice.reads_line(), ":bob!~bob@127.0.0.1 PRIVMSG #mill :hello");
    alice.says("PRIVMSG bob :psst");
    EXPECT_EQ(bob.reads_line(), ":alice!~alice@127.0.0.1 PRIVMSG bob :psst");
  });
}

TEST_F(server_test, whatever_anyone_reads_is_stored_and_in_order) {
  run([&](server& one) {
    client alice(one), bob(one);
    alice.enters("alice");
    bob.enters("bob");
    alice.joins("#mill");
    bob.joins("#mill");
    bob.says("CAP REQ :echo-message");
    bob.reads_until("ACK");
    for (int index = 0; index < 500; ++index)
      bob.says("PRIVMSG #mill :message " + std::to_string(index));
    for (client* reader : {&alice, &bob}) {
      for (int index = 0; index < 500; ++index) {
        const std::string text = "message " + std::to_string(index);
        const std::string line = reader->reads_until("PRIVMSG");
        ASSERT_TRUE(line.ends_with(':' + text)) << line;
        ASSERT_TRUE(store.has_text(text));
      }
    }
    EXPECT_LE(store.write_count(), 500U);
  });
}

TEST_F(server_test, what_cannot_be_stored_is_not_delivered_and_its_sender_is_told) {
  run([&](server& one) {
    client alice(one), bob(one);
    alice.enters("alice");
    bob.enters("bob");
    alice.joins("#mill");
    bob.joins("#mill");
    store.fail("no space left in /srv/leat/leat.db");  // where, is nothing for clients
    bob.says("PRIVMSG #mill :lost");
    EXPECT_EQ(bob.reads_until("FAIL"),
              ":leat FAIL * SERVER_ERROR :Your message to #mill was not stored and not delivered: the "
              "server's disk is full");
    alice.says("TOPIC #mill :flour");
    EXPECT_TRUE(alice.reads_until("TOPIC").ends_with("TOPIC #mill :flour"));
    store.fail({});
    bob.says("PRIVMSG #mill :found");
    EXPECT_TRUE(alice.reads_until("PRIVMSG").ends_with(":found"));
    EXPECT_EQ(store.room_count(), 1U) << "the topic is stored as soon as that works again";
    EXPECT_FALSE(store.has_text("lost"));
  });
}

TEST_F(server_test, history_and_topics_outlive_the_server) {
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    alice.joins("#mill");
    alice.says("TOPIC #mill :flour\r\nPRIVMSG #mill :first\r\nPRIVMSG #mill :second\r\nPING done");
    alice.reads_until("PONG");
  });
  run([&](server& one) {
    client bob(one);
    bob.enters("bob");
    bob.says("JOIN #mill");
    EXPECT_TRUE(bob.reads_until(" 332 ").ends_with(":flour"));
    EXPECT_TRUE(bob.reads_until("PRIVMSG").ends_with("] first"));
    EXPECT_TRUE(bob.reads_until("PRIVMSG").ends_with("] second"));
    client carol(one);
    carol.enters("carol");
    bob.says("PRIVMSG #mill :third");
    bob.says("PING done");
    bob.reads_until("PONG");
    carol.says("JOIN #mill");
    for (const char* text : {"] first", "] second", "] third"})
      EXPECT_TRUE(carol.reads_until("PRIVMSG").ends_with(text));
  });
}

TEST_F(server_test, a_slow_reader_is_dropped_and_disturbs_nobody) {
  configured.irc.sendq_limit_bytes = 64 << 10;
  run([&](server& one) {
    client fast(one), slow(one, 4096), sender(one);
    fast.enters("fast");
    slow.enters("slow");
    sender.enters("sender");
    for (client* each : {&fast, &slow, &sender})
      each->joins("#mill");
    leat::chan<leat::unit> dropped;
    leat::go([&fast, dropped] {  // its own handle: the channel must outlast close()
      fast.reads_until("QUIT :SendQ exceeded");
      dropped.close();
    });
    const std::string line = "PRIVMSG #mill :" + std::string(400, 'x');
    while (!dropped.is_drained()) {
      sender.says(line + "\r\nPING x");
      sender.reads_until("PONG");
    }
    sender.says("PING still-here");
    EXPECT_TRUE(sender.reads_until("PONG").ends_with("still-here"));
    slow.reads_all();  // comes to its end
  });
}

TEST_F(server_test, an_answer_longer_than_the_send_queue_reaches_who_reads_it) {
  configured.irc.sendq_limit_bytes = 4096;
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    for (int room = 0; room < 60; ++room)
      alice.joins("#" + std::string(59, 'r') + std::to_string(room));
    alice.says("LIST");
    EXPECT_EQ(alice.reads_until(" 323 "), ":leat 323 alice :End of /LIST");
  });
}

TEST_F(server_test, who_goes_on_talking_after_quitting_is_cut_in_time) {
  configured.server.stop_timeout = 200ms;
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    alice.says("QUIT");
    EXPECT_TRUE(alice.talks_until_cut());
  });
}

TEST_F(server_test, lines_over_the_flood_limit_are_slowed_down_and_not_lost) {
  configured.irc.flood_burst_lines = 3;
  configured.irc.flood_lines_per_second = 100;
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    std::string lines;
    for (int index = 0; index < 30; ++index)
      lines += "PING " + std::to_string(index) + "\r\n";
    alice.sends(lines);
    for (int index = 0; index < 30; ++index)
      EXPECT_EQ(alice.reads_line(), ":leat PONG leat :" + std::to_string(index));
  });
}

TEST_F(server_test, who_does_not_register_in_time_is_sent_away) {
  configured.irc.registration_timeout = 50ms;
  run([&](server& one) {
    client alice(one);
    alice.says("NICK alice");
    EXPECT_EQ(alice.reads_line(), "ERROR :Closing Link: 127.0.0.1 (Registration timed out)");
    EXPECT_EQ(alice.reads_line(), std::nullopt);
  });
}

TEST_F(server_test, who_does_not_answer_a_ping_is_sent_away_and_who_does_stays) {
  configured.irc.ping_interval = 50ms;
  configured.irc.ping_timeout = 200ms;
  run([&](server& one) {
    client alice(one), bob(one);
    alice.enters("alice");
    bob.enters("bob");
    alice.joins("#mill");
    bob.joins("#mill");
    for (;;) {
      const std::string line = alice.reads_line().value();
      if (line == "PING :leat") alice.says("PONG :leat");
      if (line.find("QUIT") != std::string::npos) {
        EXPECT_EQ(line, ":bob!~bob@127.0.0.1 QUIT :Ping timeout: 1 seconds");
        break;
      }
    }
    EXPECT_TRUE(bob.reads_all().ends_with("ERROR :Closing Link: 127.0.0.1 (Ping timeout: 1 seconds)\n"));
  });
}

TEST_F(server_test, the_last_words_reach_a_client_that_quits) {
  run([&](server& one) {
    for (int round = 0; round < 50; ++round) {
      client alice(one);
      alice.enters("alice" + std::to_string(round));
      alice.says("QUIT :home\r\nPRIVMSG x :this is not read any more");
      EXPECT_EQ(alice.reads_all(), "ERROR :Closing Link: 127.0.0.1 (Quit: home)\n");
    }
  });
}

TEST_F(server_test, what_was_said_before_half_closing_is_answered_in_full) {
  run([&](server& one) {
    client alice(one);
    alice.sends("NICK alice\nUSER a 0 * :A\nJOIN #mill\nPRIVMSG #mill :said and gone\nPING done\n");
    alice.half_closes();
    EXPECT_TRUE(alice.reads_all().ends_with(":leat PONG leat :done\n"));
    EXPECT_TRUE(store.has_text("said and gone"));
  });
}

TEST_F(server_test, an_endless_line_costs_one_answer_and_nothing_else) {
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    for (int index = 0; index < 100; ++index)
      alice.sends(std::string(5000, 'x'));
    alice.says("\r\nPING after");
    EXPECT_EQ(alice.reads_line(), ":leat 417 alice :Input line was too long");
    EXPECT_EQ(alice.reads_line(), ":leat PONG leat :after");
  });
}

TEST_F(server_test, http_is_handed_on_with_all_its_bytes) {
  http = [](leat::net::tcp_conn conn, const leat::context&) {
    std::array<char, 64> bytes;
    const auto count = conn.read(std::as_writable_bytes(std::span(bytes)));
    static_cast<void>(conn.write("got " + std::string(bytes.data(), count.value_or(0))));
  };
  run([&](server& one) {
    client browser(one);
    browser.sends("GE");
    browser.sends("T / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(browser.reads_line(), "got GET / HTTP/1.1");
  });
}

TEST_F(server_test, stopping_tells_clients_and_http_and_leaves_nothing_behind) {
  http = [](leat::net::tcp_conn, const leat::context& stopping) { stopping.done().receive(); };
  leat::run({.workers = 2}, [&] {
    server one(configured, store, http);
    ASSERT_TRUE(one.start());
    client alice(one), browser(one), silent(one), unregistered(one);
    alice.enters("alice");
    browser.sends("GET / HTTP/1.1\r\n");
    unregistered.says("NICK x\r\nPING x");
    unregistered.reads_until("PONG");
    const auto begun = std::chrono::steady_clock::now();
    one.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    EXPECT_EQ(alice.reads_all(), "ERROR :Closing Link: 127.0.0.1 (Server shutting down)\n");
    EXPECT_EQ(unregistered.reads_all(), "ERROR :Closing Link: 127.0.0.1 (Server shutting down)\n");
    EXPECT_EQ(silent.reads_all(), "");
    EXPECT_EQ(one.irc_connection_count(), 0U);
    EXPECT_FALSE(leat::net::dial_tcp(one.addresses()[0], {.timeout = 5s}));
    EXPECT_EQ(one.announce_file("#mill", "x", "y", 1, "z").error(), "the server is stopping");
  });
}

TEST_F(server_test, a_full_server_says_so) {
  configured.server.connections = 1;
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    client bob(one);
    EXPECT_EQ(bob.reads_line(), "ERROR :Closing Link: 127.0.0.1 (The server is full)");
  });
}

TEST_F(server_test, who_waits_for_history_holds_nobody_else_up) {
  run([&](server& one) {
    client alice(one), bob(one);
    alice.enters("alice");
    bob.enters("bob");
    alice.joins("#mill");
    bob.joins("#mill");
    alice.reads_until("bob");
    store.hold();
    alice.says("CHATHISTORY LATEST #mill * 5");
    alice.says("PRIVMSG #mill :hello");
    EXPECT_EQ(bob.reads_line(), ":alice!~alice@127.0.0.1 PRIVMSG #mill :hello");
    bob.says("PRIVMSG #mill :hello, too");
    EXPECT_EQ(alice.reads_line(), ":bob!~bob@127.0.0.1 PRIVMSG #mill :hello, too");
    bob.says("CAP REQ batch");
    bob.reads_until("ACK");
    for (int index = 0; index < 40; ++index)
      bob.says("CHATHISTORY LATEST #mill * 5");
    EXPECT_TRUE(bob.reads_line()->contains("FAIL CHATHISTORY MESSAGE_ERROR LATEST #mill"));
    store.let_go();
    EXPECT_TRUE(bob.reads_until("hello, too").contains("PRIVMSG #mill :"));
  });
}

TEST_F(server_test, stops_while_somebody_waits_for_history) {
  leat::run({.workers = 2}, [&] {
    server one(configured, store, {});
    ASSERT_TRUE(one.start());
    client alice(one);
    alice.enters("alice");
    alice.joins("#mill");
    store.hold();
    for (int index = 0; index < 9; ++index)
      alice.says("CHATHISTORY LATEST #mill * 5");
    alice.says("PING here");
    alice.reads_until("here");
    leat::wait_group stopping;
    stopping.go([&] { one.stop(); });
    EXPECT_TRUE(alice.reads_until("ERROR").contains("Server shutting down"));
    store.let_go();
    stopping.wait();
  });
}

TEST_F(server_test, a_shared_file_is_announced_and_stored) {
  run([&](server& one) {
    client alice(one);
    alice.enters("alice");
    alice.joins("#mill");
    auto [near, far] = leat::net::pipe();
    leat::wait_group serving;
    serving.go([&, end = std::make_unique<leat::net::pipe_end>(std::move(far))]() mutable {
      one.serve_irc(std::move(end), one.addresses().at(0), "B");
    });
    ASSERT_TRUE(near.write("NICK bob\r\nUSER bob 0 * :Bob\r\nJOIN #mill\r\n"));
    alice.reads_until("bob!~bob@127.0.0.1 JOIN");
    ASSERT_TRUE(one.announce_file("#Mill", "B", "notes.txt", 1536, "http://h/rooms/mill/files/notes.txt"));
    EXPECT_EQ(alice.reads_line(),
              ":leat!files@leat PRIVMSG #mill :bob shared notes.txt (1.5 KiB): "
              "http://h/rooms/mill/files/notes.txt");
    EXPECT_TRUE(store.has_text("bob shared notes.txt (1.5 KiB): http://h/rooms/mill/files/notes.txt"));
    EXPECT_TRUE(one.announce_file("#mill", "C", "a", 1, "u"));
    EXPECT_EQ(alice.reads_line(), ":leat!files@leat PRIVMSG #mill :someone shared a (1 B): u");
    EXPECT_TRUE(one.announce_file("#mill", "", "a", 1, "u"));
    EXPECT_EQ(alice.reads_line(), ":leat!files@leat PRIVMSG #mill :someone shared a (1 B): u");
    EXPECT_TRUE(one.announce_file("#nobody-there", "B", "a", 1, "u"));
    EXPECT_TRUE(store.has_text("someone shared a (1 B): u"));
    EXPECT_FALSE(one.announce_file("no room", "bob", "a", 1, "u"));
    store.fail("the disk is full");
    EXPECT_EQ(one.announce_file("#mill", "B", "a", 1, "u").error(), "the server's disk is full");
    static_cast<void>(near.close());
    serving.wait();
  });
}

TEST_F(server_test, an_address_that_cannot_be_listened_on_is_named) {
  configured.server.listen = {"192.0.2.1:1"};
  leat::run([&] {
    server one(configured, store, {});
    const auto started = one.start();
    ASSERT_FALSE(started);
    EXPECT_TRUE(started.error().starts_with("cannot listen on 192.0.2.1:1: ")) << started.error();
  });
}

TEST(readable_size, is_short_and_true) {
  EXPECT_EQ(readable_size(0), "0 B");
  EXPECT_EQ(readable_size(1023), "1023 B");
  EXPECT_EQ(readable_size(1024), "1.0 KiB");
  EXPECT_EQ(readable_size(64 << 20), "64.0 MiB");
  EXPECT_EQ(readable_size(~std::uint64_t{0}), "16.0 EiB");
}

}  // namespace
}  // namespace hub
