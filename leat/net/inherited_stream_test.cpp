#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>

#include <leat/net/contract_test.hpp>
#include <leat/net/inherited_stream.hpp>
#include <leat/net/text.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;

// Two descriptors that belong together, as a shell would hand them to two programs.
class descriptors {
 public:
  static descriptors pipe() {
    descriptors made;
    EXPECT_EQ(::pipe2(made.fds_.data(), O_CLOEXEC), 0);
    return made;
  }
  static descriptors sockets() {
    descriptors made;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.fds_.data()), 0);
    return made;
  }
  descriptors(descriptors&& other) noexcept : fds_(std::exchange(other.fds_, {-1, -1})) {}
  ~descriptors() {
    drop_first();
    drop_second();
  }

  int first() const { return fds_[0]; }
  int second() const { return fds_[1]; }
  void drop_first() { drop(fds_[0]); }
  void drop_second() { drop(fds_[1]); }

 private:
  descriptors() = default;
  static void drop(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }

  std::array<int, 2> fds_{-1, -1};
};

// Two programs with a pipe each way.
stream_pair streams_over_pipes() {
  auto there = descriptors::pipe();
  auto back = descriptors::pipe();
  return {std::make_unique<inherited_stream>(back.first(), there.second()),
          std::make_unique<inherited_stream>(there.first(), back.second())};
}

const stream_kind over_pipes{.name = "inherited_pipes", .connect = streams_over_pipes};

}  // namespace

INSTANTIATE_TEST_SUITE_P(over_pipes, a_stream, contract_over(over_pipes), contract_name);
INSTANTIATE_TEST_SUITE_P(over_pipes, a_stream_deadline, contract_over(over_pipes), contract_name);

namespace {

LEAT_TEST_ON_WORKERS(an_inherited_stream);

TEST_P(an_inherited_stream, leaves_the_descriptors_as_they_were) {
  run([] {
    auto both = descriptors::sockets();
    {
      inherited_stream ours(both.first(), both.first());
      EXPECT_EQ(::fcntl(both.first(), F_GETFL) & O_NONBLOCK, 0);
      EXPECT_TRUE(ours.write("hello"));
      EXPECT_TRUE(ours.close());
    }
    std::array<char, 10> heard{};
    EXPECT_EQ(::read(both.second(), heard.data(), heard.size()), 5);
    EXPECT_EQ(::write(both.first(), "x", 1), 1);
  });
}

TEST_P(an_inherited_stream, holds_up_no_worker_while_it_waits) {
  run([] {
    auto typed = descriptors::pipe();
    auto shown = descriptors::pipe();
    inherited_stream terminal(typed.first(), shown.second());
    wait_group typing;
    typing.go([&] { EXPECT_EQ(::write(typed.second(), "key", 3), 3); });  // may be on the worker of who waits
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(terminal.read(buffer), result<std::size_t>(3));
    typing.wait();
  });
}

TEST_P(an_inherited_stream, writes_all_though_a_pipe_takes_it_in_parts) {
  run([] {
    auto shown = descriptors::pipe();
    inherited_stream reader(shown.first(), shown.second());
    inherited_stream writer(shown.first(), shown.second());
    shown.drop_first();
    shown.drop_second();
    ASSERT_TRUE(reader.close_write());
    const std::string much(1'000'000, 'x');
    wait_group writing;
    writing.go([&] {
      EXPECT_TRUE(writer.write(much));
      EXPECT_TRUE(writer.close());
    });
    EXPECT_EQ(read_all(reader), much);
    writing.wait();
  });
}

TEST_P(an_inherited_stream, reads_and_writes_files) {
  run([] {
    std::string name = "/tmp/leat-inherited-XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    ASSERT_GE(file, 0);
    ::unlink(name.c_str());
    const std::string much(3'000'000, 'x');
    EXPECT_TRUE(inherited_stream(file, file).write(much));
    ASSERT_EQ(::lseek(file, 0, SEEK_SET), 0);  // the offset is shared, as with a shell
    inherited_stream from(file, file);
    EXPECT_EQ(read_all(from), much);
    ::close(file);
  });
}

TEST_P(an_inherited_stream, is_told_of_a_reader_that_has_gone) {
  run([] {
    auto shown = descriptors::pipe();
    inherited_stream terminal(shown.second(), shown.second());
    shown.drop_first();
    EXPECT_EQ(terminal.write("anybody?").error(), std::errc::broken_pipe);
  });
}

TEST_P(an_inherited_stream, says_what_the_system_says_of_a_descriptor_that_cannot_be_read) {
  run([] {
    auto shown = descriptors::pipe();
    inherited_stream terminal(shown.second(), shown.second());
    shown.drop_first();  // so that the other end is ready, for an error
    EXPECT_EQ(read_error(terminal), std::errc::bad_file_descriptor);
  });
}

TEST_P(an_inherited_stream, cannot_be_made_of_what_is_not_open) {
  run([] { EXPECT_THROW(inherited_stream(-1, -1), std::system_error); });
}

TEST_P(an_inherited_stream, is_standard_input_and_output_unless_told_otherwise) {
  run([] {
    inherited_stream standard;
    EXPECT_TRUE(standard.write(""));
    EXPECT_TRUE(standard.close());
    EXPECT_GE(::fcntl(STDOUT_FILENO, F_GETFD), 0);
  });
}

TEST_P(an_inherited_stream, is_copied_into_a_connection_from_a_pipe_and_from_a_terminal) {
  run([] {
    const std::string text = "a line\nand another\n";
    for (const bool from_terminal : {false, true}) {
      auto ends = descriptors::pipe();
      int writing = ends.second();
      int reading = ends.first();
      if (from_terminal) {
        writing = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        ASSERT_TRUE(writing >= 0 && ::grantpt(writing) == 0 && ::unlockpt(writing) == 0);
        reading = ::open(::ptsname(writing), O_RDONLY | O_NOCTTY | O_CLOEXEC);
        ASSERT_GE(reading, 0);
      }
      auto [near, far] = connect_pair();
      inherited_stream source(reading, reading);
      joined others;
      others.go([&, &from = near] { EXPECT_EQ(copy(from, source, text.size()).bytes, text.size()); });
      ASSERT_EQ(::write(writing, text.data(), text.size()), static_cast<ssize_t>(text.size()));
      EXPECT_EQ(read_exactly(far, text.size()), text);
      if (from_terminal) {
        ::close(reading);
        ::close(writing);
      }
    }
  });
}

}  // namespace
}  // namespace leat::net
