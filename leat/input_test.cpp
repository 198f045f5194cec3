#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/input.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

// A pipe to type into. What is read from stays open: input_lines() may still wait there when a test ends.
class keyboard {
 public:
  explicit keyboard(int flags = O_CLOEXEC) {
    if (::pipe2(fds_.data(), flags) != 0) throw std::runtime_error("no pipe");
  }
  ~keyboard() { end(); }
  keyboard(const keyboard&) = delete;
  keyboard& operator=(const keyboard&) = delete;

  int fd() const { return fds_[0]; }

  // At most what a pipe holds: the test must not wait in write(2).
  void type(std::string_view text) {
    EXPECT_EQ(::write(fds_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  void end() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }

 private:
  std::array<int, 2> fds_{-1, -1};
};

std::vector<std::string> all_of(const receiver<std::string>& lines) {
  std::vector<std::string> all;
  for (std::string& line : lines)
    all.push_back(std::move(line));
  return all;
}

using lines = std::vector<std::string>;

LEAT_TEST_ON_WORKERS(input_lines_of_a_pipe);

TEST_P(input_lines_of_a_pipe, come_without_their_ends_and_end_with_the_input) {
  run([] {
    keyboard typed;
    typed.type("first\nsecond\r\n\nlast, without an end");
    typed.end();
    EXPECT_EQ(all_of(input_lines(typed.fd())), (lines{"first", "second", "", "last, without an end"}));
  });
}

TEST_P(input_lines_of_a_pipe, are_none_when_there_is_no_input) {
  run([] {
    keyboard typed;
    typed.end();
    EXPECT_EQ(all_of(input_lines(typed.fd())), lines{});
  });
}

TEST_P(input_lines_of_a_pipe, come_as_they_are_typed_while_others_run) {
  run([] {
    wait_group typing;
    keyboard typed;
    const auto read = input_lines(typed.fd());
    // The same worker both waits for the line and lets it be typed.
    for (const char* line : {"one", "two", "three"}) {
      typing.go([&] { typed.type(std::string(line) + "\n"); });
      EXPECT_EQ(read.receive(), line);
    }
    typing.wait();
    typed.end();
    EXPECT_EQ(read.receive(), std::nullopt);
  });
}

TEST_P(input_lines_of_a_pipe, are_put_together_from_what_comes_byte_by_byte) {
  run([] {
    wait_group typing;
    keyboard typed;
    const auto read = input_lines(typed.fd());
    typing.go([&] {
      for (const char byte : std::string_view("slowly\r\ntyped")) {
        typed.type(std::string_view(&byte, 1));
        yield();
      }
      typed.end();
    });
    EXPECT_EQ(all_of(read), (lines{"slowly", "typed"}));
    typing.wait();
  });
}

TEST_P(input_lines_of_a_pipe, come_in_pieces_where_they_pass_the_limit) {
  run([] {
    keyboard typed;
    typed.type("123\n1234\n12345\n123456789\n1234");
    typed.end();
    EXPECT_EQ(all_of(input_lines(typed.fd(), 4)),
              (lines{"123", "1234", "1234", "5", "1234", "5678", "9", "1234"}));
  });
}

TEST_P(input_lines_of_a_pipe, of_the_usual_limit_are_whole) {
  run([] {
    wait_group typing;
    keyboard typed;
    const auto read = input_lines(typed.fd());
    const std::string longest(input_line_limit_bytes, 'x');
    typing.go([&] {
      for (int part = 0; part < 4; ++part)  // no write may wait: the reader makes room for the next
        blocking([&] { typed.type(std::string_view(longest).substr(0, longest.size() / 4)); });
      typed.type("\n");
      typed.end();
    });
    EXPECT_EQ(all_of(read), lines{longest});
    typing.wait();
  });
}

TEST_P(input_lines_of_a_pipe, come_also_when_another_has_made_it_non_blocking) {
  run([] {
    wait_group typing;
    keyboard typed(O_CLOEXEC | O_NONBLOCK);
    const auto read = input_lines(typed.fd());
    typing.go([&] { typed.type("here\n"); });
    EXPECT_EQ(read.receive(), "here");
    typing.wait();
  });
}

TEST_P(input_lines_of_a_pipe, end_where_nothing_can_be_read) {
  run([] { EXPECT_EQ(all_of(input_lines(-1)), lines{}); });
}

TEST_P(input_lines_of_a_pipe, must_be_allowed_a_length) {
  run([] { EXPECT_THROW(input_lines(0, 0), std::invalid_argument); });
}

}  // namespace
}  // namespace leat
