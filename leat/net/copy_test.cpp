#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/temporary_directory_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_copy);

using side = copy_outcome::side;

struct ends {
  std::unique_ptr<stream> near;
  std::unique_ptr<stream> far;
};

template <typename Stream>
ends ends_of(Stream near, Stream far) {
  return {std::make_unique<Stream>(std::move(near)), std::make_unique<Stream>(std::move(far))};
}

ends over_tcp() {
  auto [near, far] = connect_pair();
  return ends_of(std::move(near), std::move(far));
}

ends over_unix() {
  auto listener = listen_unix("").value();
  auto near = dial_unix(listener.local_address()).value();
  return ends_of(std::move(near), listener.accept().value());
}

ends over_memory() {
  auto [near, far] = pipe();
  return ends_of(std::move(near), std::move(far));
}

constexpr std::array makers{over_tcp, over_unix, over_memory};

// Whether a signal waits that nobody asked for.
bool sigpipe_is_pending() {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

std::string content_of(int fd) {
  std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

TEST_P(a_copy, relays_between_streams_of_any_kind_until_the_source_ends) {
  run([] {
    const std::string text = pattern((5 << 20) + 12345);
    for (const auto make_source : makers) {
      for (const auto make_destination : makers) {
        const ends source = make_source();
        const ends destination = make_destination();
        joined others;
        others.go([&] {
          EXPECT_TRUE(source.near->write(text));
          EXPECT_TRUE(source.near->close_write());
        });
        others.go([&] {
          const copy_outcome done = copy(*destination.near, *source.far);
          EXPECT_TRUE(done) << done.error.message();
          EXPECT_EQ(done.bytes, text.size());
          EXPECT_EQ(done.lost_bytes, 0u);
          EXPECT_EQ(done.failed, side::none);
          EXPECT_TRUE(destination.near->write("!"));  // it is not ended
          EXPECT_TRUE(destination.near->close());
        });
        EXPECT_TRUE(read_all(*destination.far) == text + "!");
      }
    }
  });
}

TEST_P(a_copy, passes_small_pieces_on_as_they_come_also_after_large_ones) {
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      joined others;
      others.go([&] { EXPECT_TRUE(copy(*destination.near, *source.far)); });
      const std::string large = pattern(1 << 20);
      for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 50; ++i) {
          const std::string word = "word " + std::to_string(i);
          ASSERT_TRUE(source.near->write(word));
          ASSERT_EQ(read_exactly(*destination.far, word.size()), word);
        }
        wait_group writer;
        writer.go([&] { EXPECT_TRUE(source.near->write(large)); });
        ASSERT_TRUE(read_exactly(*destination.far, large.size()) == large);
        writer.wait();
      }
      ASSERT_TRUE(source.near->close());
    }
  });
}

TEST_P(a_copy, takes_no_more_than_its_limit) {
  run([] {
    for (const std::size_t limit : {1u, 65535u, 65536u, 65537u, 1'000'000u}) {
      for (const auto make : makers) {
        const ends source = make();
        const ends destination = make();
        const std::string text = pattern(limit + 10);
        joined others;
        others.go([&] {
          EXPECT_TRUE(source.near->write(text));
          EXPECT_TRUE(source.near->close_write());
        });
        others.go([&] {
          EXPECT_EQ(copy(*destination.near, *source.far, limit).bytes, limit);
          EXPECT_TRUE(destination.near->close());
        });
        EXPECT_TRUE(read_all(*destination.far) == text.substr(0, limit));
        EXPECT_TRUE(read_all(*source.far) == text.substr(limit));
        EXPECT_EQ(copy(*destination.near, *source.far, 0).bytes, 0u);
      }
    }
  });
}

TEST_P(a_copy, of_a_connection_to_itself_is_an_echo) {
  run([] {
    const ends pair = over_tcp();
    const std::string text = pattern(3 << 20);
    joined others;
    others.go([&] {
      EXPECT_EQ(copy(*pair.far, *pair.far).bytes, text.size());
      EXPECT_TRUE(pair.far->close_write());
    });
    others.go([&] {
      EXPECT_TRUE(pair.near->write(text));
      EXPECT_TRUE(pair.near->close_write());
    });
    EXPECT_TRUE(read_all(*pair.near) == text);
  });
}

TEST_P(a_copy, whose_source_fails_has_handed_over_all_and_leaves_the_destination_as_good_as_before) {
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      ASSERT_TRUE(source.near->write("some words"));
      ASSERT_TRUE(source.far->set_read_deadline(10ms));
      const copy_outcome late = copy(*destination.near, *source.far);
      EXPECT_EQ(late.error, errc::deadline_exceeded);
      EXPECT_EQ(late.failed, side::source);
      EXPECT_EQ(late.bytes, 10u);
      EXPECT_EQ(late.lost_bytes, 0u);
      ASSERT_TRUE(source.far->set_read_deadline(never));
      wait_group closer;
      closer.go([&] {
        await_parked(1);
        EXPECT_TRUE(source.far->close());
      });
      const copy_outcome closed = copy(*destination.near, *source.far);
      closer.wait();
      EXPECT_EQ(closed.error, errc::closed);
      EXPECT_EQ(closed.failed, side::source);
      ASSERT_TRUE(destination.near->write(" more"));
      EXPECT_EQ(read_exactly(*destination.far, 15), "some words more");
    }
  });
}

TEST_P(a_copy, whose_destination_fails_tells_what_is_lost) {
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      joined others;
      others.go([&] { EXPECT_EQ(write_until_error(*source.near), errc::closed); });
      ASSERT_TRUE(destination.near->set_write_deadline(20ms));
      const copy_outcome done = copy(*destination.near, *source.far);
      EXPECT_EQ(done.error, errc::deadline_exceeded);
      EXPECT_EQ(done.failed, side::destination);
      EXPECT_GT(done.bytes, 0u);
      EXPECT_GT(done.lost_bytes, 0u);
      ASSERT_TRUE(source.near->close());
    }
  });
}

TEST_P(a_copy, whose_destination_s_peer_is_gone_is_an_error_value_without_a_signal) {
  ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      joined others;
      others.go([&] { EXPECT_EQ(write_until_error(*source.near), errc::closed); });
      others.go([&] {
        EXPECT_EQ(read_exactly(*destination.far, 5 << 20).size(), 5u << 20);
        EXPECT_TRUE(destination.far->close());
      });
      const copy_outcome done = copy(*destination.near, *source.far);
      EXPECT_TRUE(done.error == std::errc::broken_pipe || done.error == std::errc::connection_reset)
          << done.error.message();
      EXPECT_EQ(done.failed, side::destination);
      EXPECT_FALSE(sigpipe_is_pending());
      ASSERT_TRUE(source.near->close());
    }
  });
}

TEST_P(a_copy, is_woken_when_its_destination_is_closed) {
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      wait_group others;
      others.go([&] { EXPECT_EQ(write_until_error(*source.near), errc::closed); });
      others.go([&] {
        const copy_outcome done = copy(*destination.near, *source.far);
        EXPECT_EQ(done.error, errc::closed);
        EXPECT_EQ(done.failed, side::destination);
        EXPECT_TRUE(source.near->close());
      });
      await_parked(2);  // all that lies between is full
      ASSERT_TRUE(destination.near->close());
      others.wait();
    }
  });
}

TEST_P(a_copy, that_waits_holds_no_descriptors) {
  run([] {
    constexpr std::size_t relays = 40;
    constexpr std::size_t kept_pipes = 8;
    std::vector<ends> sources;
    std::vector<ends> destinations;
    for (std::size_t i = 0; i < relays; ++i) {
      sources.push_back(over_unix());
      destinations.push_back(over_unix());
    }
    const std::size_t before = open_descriptors({"pipe:"});
    const std::string large = pattern(2 << 20);
    joined others;
    for (std::size_t i = 0; i < relays; ++i) {
      others.go([&, i] { EXPECT_TRUE(copy(*destinations[i].near, *sources[i].far)); });
      others.go([&, i] { EXPECT_TRUE(sources[i].near->write(large)); });
    }
    for (const ends& one : destinations)
      ASSERT_TRUE(read_exactly(*one.far, large.size()) == large);
    await_parked(relays);
    await([&] { return open_descriptors({"pipe:"}) <= before + 2 * kept_pipes; });
    for (const ends& one : sources)
      ASSERT_TRUE(one.near->close());
  });
}

TEST_P(a_copy, without_descriptors_for_a_pipe_goes_through_a_buffer) {
  run([] {
    const ends source = over_unix();
    const ends destination = over_unix();
    const std::string text = pattern(3 << 20);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};  // numbers in use stay so
    joined others;
    others.go([&] {
      EXPECT_TRUE(source.near->write(text));
      EXPECT_TRUE(source.near->close_write());
    });
    others.go([&] { EXPECT_TRUE(read_exactly(*destination.far, text.size()) == text); });
    setrlimit(RLIMIT_NOFILE, &none);
    EXPECT_EQ(copy(*destination.near, *source.far).bytes, text.size());
    setrlimit(RLIMIT_NOFILE, &before);
  });
}

struct file_piece {
  std::uint64_t offset;
  std::uint64_t limit;
  std::uint64_t expected;
};

TEST_P(a_copy, sends_a_file_or_a_piece_of_it_over_any_stream) {
  run([] {
    const std::string text = pattern((3 << 20) + 17);
    const memory_file file(text);
    const std::uint64_t size = text.size();
    for (const auto make : makers) {
      for (const file_piece& piece : {file_piece{0, everything, size}, file_piece{5, everything, size - 5},
                                      file_piece{100'000, 1'000'000, 1'000'000}, file_piece{size - 1, 10, 1},
                                      file_piece{size, everything, 0}, file_piece{size + 1, everything, 0}}) {
        const ends pair = make();
        joined others;
        others.go([&] {
          const copy_outcome done =
              copy(*pair.near, {.fd = file.fd(), .offset_bytes = piece.offset}, piece.limit);
          EXPECT_TRUE(done) << done.error.message();
          EXPECT_EQ(done.bytes, piece.expected);
          EXPECT_TRUE(pair.near->close_write());
        });
        EXPECT_TRUE(read_all(*pair.far) == text.substr(std::min(piece.offset, size), piece.expected));
      }
    }
    EXPECT_EQ(lseek(file.fd(), 0, SEEK_CUR), static_cast<off_t>(size));  // untouched
  });
}

TEST_P(a_copy, says_what_is_wrong_with_a_file_that_it_should_send) {
  run([] {
    const temporary_directory here;
    const memory_file file("text");
    const int folder = ::open(here.at(".").c_str(), O_RDONLY | O_CLOEXEC);
    std::array<int, 2> pipe_of_the_system;
    ASSERT_EQ(::pipe2(pipe_of_the_system.data(), O_CLOEXEC), 0);
    for (const auto make : makers) {
      const ends pair = make();
      const auto error_of = [&](const file_place& from) {
        const copy_outcome done = copy(*pair.near, from);
        EXPECT_EQ(done.failed, side::source) << done.error.message();
        EXPECT_EQ(done.bytes, 0u);
        return done.error;
      };
      EXPECT_EQ(error_of({.fd = -1}), std::errc::bad_file_descriptor);
      EXPECT_EQ(error_of({.fd = folder}), std::errc::is_a_directory);
      EXPECT_EQ(error_of({.fd = pipe_of_the_system[0]}), std::errc::invalid_seek);
      EXPECT_EQ(error_of({.fd = file.fd(), .offset_bytes = everything}), std::errc::value_too_large);
      ASSERT_TRUE(pair.near->close());
      const copy_outcome closed = copy(*pair.near, {.fd = file.fd()});
      EXPECT_EQ(closed.error, errc::closed);
      EXPECT_EQ(closed.failed, side::destination);
    }
    ::close(folder);
    ::close(pipe_of_the_system[0]);
    ::close(pipe_of_the_system[1]);
  });
}

TEST_P(a_copy, puts_what_comes_over_any_stream_into_a_file) {
  run([] {
    const temporary_directory here;
    const std::string text = pattern((3 << 20) + 17);
    for (const auto make : makers) {
      for (const int flags : {0, O_APPEND}) {  // those for appending cannot be spliced to
        const std::string path = here.at("file" + std::to_string(flags));
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);
        ASSERT_EQ(::write(file, "head", 4), 4);
        const ends pair = make();
        joined others;
        others.go([&] {
          EXPECT_TRUE(pair.near->write(text));
          EXPECT_TRUE(pair.near->write("rest"));
          EXPECT_TRUE(pair.near->close_write());
        });
        const copy_outcome done = copy({.fd = file, .offset_bytes = 4}, *pair.far, text.size());
        EXPECT_TRUE(done) << done.error.message();
        EXPECT_EQ(done.bytes, text.size());
        EXPECT_TRUE(content_of(file) == "head" + text);
        EXPECT_EQ(read_all(*pair.far), "rest");
        ::close(file);
      }
    }
  });
}

TEST_P(a_copy, into_a_file_that_fails_leaves_what_came_before_in_it) {
  run([] {
    for (const auto make : makers) {
      const int file = memfd_create("small", MFD_CLOEXEC | MFD_ALLOW_SEALING);
      ASSERT_EQ(::ftruncate(file, 1 << 20), 0);
      ASSERT_EQ(::fcntl(file, F_ADD_SEALS, F_SEAL_GROW), 0);  // as a disk that is full
      const ends pair = make();
      joined others;
      others.go([&] { static_cast<void>(write_until_error(*pair.near)); });
      const copy_outcome done = copy({.fd = file, .offset_bytes = 100}, *pair.far);
      EXPECT_EQ(done.error, std::errc::operation_not_permitted);
      EXPECT_EQ(done.failed, side::destination);
      EXPECT_LE(done.bytes, (1u << 20) - 100);
      EXPECT_GT(done.lost_bytes, 0u);
      const std::string content = content_of(file);
      EXPECT_TRUE(content.substr(100, done.bytes) == std::string(done.bytes, 'x'));
      ASSERT_TRUE(pair.far->close());
      ::close(file);
    }
  });
}

TEST_P(a_copy, says_what_is_wrong_with_a_file_that_it_should_fill) {
  run([] {
    std::array<int, 2> pipe_of_the_system;
    ASSERT_EQ(::pipe2(pipe_of_the_system.data(), O_CLOEXEC), 0);
    const int only_readable = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    for (const auto make : makers) {
      const auto error_of = [&](const file_place& to) {
        const ends pair = make();
        EXPECT_TRUE(pair.near->write("words"));
        const copy_outcome done = copy(to, *pair.far);
        EXPECT_EQ(done.failed, side::destination) << done.error.message();
        EXPECT_EQ(done.bytes, 0u);
        return done.error;
      };
      EXPECT_EQ(error_of({.fd = -1}), std::errc::bad_file_descriptor);
      EXPECT_EQ(error_of({.fd = only_readable}), std::errc::bad_file_descriptor);
      EXPECT_EQ(error_of({.fd = pipe_of_the_system[1]}), std::errc::invalid_seek);
      EXPECT_EQ(error_of({.fd = 0, .offset_bytes = everything}), std::errc::value_too_large);
    }
    ::close(only_readable);
    ::close(pipe_of_the_system[0]);
    ::close(pipe_of_the_system[1]);
  });
}

TEST_P(a_copy, of_a_stream_at_its_end_copies_nothing) {
  run([] {
    for (const auto make : makers) {
      const ends source = make();
      const ends destination = make();
      ASSERT_TRUE(source.near->close_write());
      for (int i = 0; i < 2; ++i) {
        const copy_outcome done = copy(*destination.near, *source.far);
        EXPECT_TRUE(done) << done.error.message();
        EXPECT_EQ(done.bytes, 0u);
      }
      ASSERT_TRUE(destination.near->write("x"));
      EXPECT_EQ(read_text(*destination.far), "x");
    }
  });
}

TEST_P(a_copy, of_a_file_gives_up_at_the_deadline_of_a_destination_that_nobody_reads) {
  run([] {
    const std::string text = pattern(32 << 20);  // far more than sockets hold
    const memory_file file(text);
    for (const auto make : makers) {
      const ends pair = make();
      const auto deadline = clock::now() + 30ms;
      ASSERT_TRUE(pair.near->set_write_deadline(deadline));
      const copy_outcome done = copy(*pair.near, {.fd = file.fd()});
      EXPECT_EQ(done.error, errc::deadline_exceeded);
      EXPECT_EQ(done.failed, side::destination);
      EXPECT_LT(done.bytes, text.size());
      EXPECT_GE(clock::now(), deadline);
      ASSERT_TRUE(pair.near->close());
      const std::string arrived = read_all(*pair.far);
      EXPECT_GE(arrived.size(), done.bytes);
      EXPECT_TRUE(text.starts_with(arrived)) << "what has arrived is the beginning of the file";
    }
  });
}

TEST_P(a_copy, relays_both_ways_at_once_between_the_same_two) {
  run([] {
    const std::string question = pattern((2 << 20) + 7);
    const std::string answer = pattern((3 << 20) + 11);
    for (const auto make : makers) {
      const ends client = make();  // client.near <-> client.far, which the relay has
      const ends server = make();
      joined relays;
      relays.go([&] {
        EXPECT_EQ(copy(*server.near, *client.far).bytes, question.size());
        EXPECT_TRUE(server.near->close_write());
      });
      relays.go([&] {
        EXPECT_EQ(copy(*client.far, *server.near).bytes, answer.size());
        EXPECT_TRUE(client.far->close_write());
      });
      joined others;
      others.go([&] {
        EXPECT_TRUE(client.near->write(question));
        EXPECT_TRUE(client.near->close_write());
      });
      others.go([&] {
        EXPECT_TRUE(server.far->write(answer));
        EXPECT_TRUE(read_all(*server.far) == question);
        EXPECT_TRUE(server.far->close_write());
      });
      EXPECT_TRUE(read_all(*client.near) == answer);
    }
  });
}

}  // namespace
}  // namespace leat::net
