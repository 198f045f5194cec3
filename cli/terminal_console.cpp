// The thread of the editor owns everything of libedit, the terminal, and `prompt_in_use_`; the rest of the
// program reaches it by the channels and by `wake_fd_`.
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <mutex>
#include <system_error>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/go.hpp>
#include <leat/select.hpp>
#include <leat/signal.hpp>
#include <leat/wait_group.hpp>

#include <cli/terminal_console.hpp>
#include <cli/visible_text.hpp>
#include <hub/chat/text.hpp>

namespace cli {
namespace {

constexpr int history_lines = 500;
constexpr std::size_t shown_at_once = 200;  // lines put on the screen before the prompt is drawn again

class terminal_console final : public console {
 public:
  explicit terminal_console(console_options options);
  ~terminal_console() override;

  leat::receiver<std::string> lines() const override { return lines_; }
  void show(std::string_view line) override;
  void set_prompt(std::string_view prompt) override;
  void close() noexcept override;
  bool interactive() const noexcept override { return true; }

 private:
  struct editor_closer {
    void operator()(EditLine* editor) const { ::el_end(editor); }
  };
  struct history_closer {
    void operator()(History* history) const { ::history_end(history); }
  };

  // On the editor's thread:
  void edit();
  void set_up();
  bool hand_over(std::string line);
  int next_key(wchar_t& key);
  bool read_key(wchar_t& key);
  bool wait_for_key();
  void look_around();
  void show_waiting();
  void erase_edited_lines();
  static void erase_rows(std::size_t above);
  static std::size_t columns();
  void take_prompt();
  unsigned char complete_word();
  static terminal_console& self_of(EditLine* editor);

  void wake() noexcept;

  console_options options_;
  int wake_fd_;
  leat::chan<std::string> lines_{16};
  leat::chan<std::string> shown_{256};
  leat::chan<leat::unit> closing_;
  leat::chan<leat::unit> editor_done_;
  leat::wait_group running_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> resized_ = false;
  std::atomic<bool> continued_ = false;
  std::mutex prompt_lock_;
  std::string prompt_;  // guarded by prompt_lock_

  std::unique_ptr<EditLine, editor_closer> editor_;
  std::unique_ptr<History, history_closer> history_;
  std::string prompt_in_use_;
};

terminal_console::terminal_console(console_options options)
    : options_(std::move(options)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      prompt_(options_.prompt) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  running_.go([this] {
    leat::blocking([this] { edit(); });
    lines_.close();
    editor_done_.close();
  });
  running_.go([this] {
    const auto signals = leat::notify_signals({SIGWINCH, SIGCONT});
    for (bool open = true; open;) {
      leat::select(editor_done_.on_receive([&](auto) { open = false; }), signals.on_receive([&](auto signal) {
        (signal == SIGWINCH ? resized_ : continued_) = true;
        wake();
      }));
    }
  });
}

terminal_console::~terminal_console() {
  close();
  running_.wait();
  ::close(wake_fd_);
}

void terminal_console::show(std::string_view line) {
  bool done = false;
  leat::select(shown_.on_send(std::string(line)), editor_done_.on_receive([&](auto) { done = true; }));
  if (!done) wake();
}

void terminal_console::set_prompt(std::string_view prompt) {
  {
    const std::lock_guard hold(prompt_lock_);
    prompt_ = prompt;
  }
  wake();
}

void terminal_console::close() noexcept {
  if (closed_.exchange(true)) return;
  closing_.close();
  wake();
}

void terminal_console::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

terminal_console& terminal_console::self_of(EditLine* editor) {
  void* self = nullptr;
  ::el_get(editor, EL_CLIENTDATA, &self);
  return *static_cast<terminal_console*>(self);
}

void terminal_console::set_up() {
  editor_.reset(::el_init("leat", stdin, stdout, stderr));
  history_.reset(::history_init());
  if (!editor_ || !history_) throw std::bad_alloc();
  EditLine* const editor = editor_.get();
  HistEvent event;
  ::history(history_.get(), &event, H_SETSIZE, history_lines);
  ::history(history_.get(), &event, H_SETUNIQUE, 1);
  ::el_set(editor, EL_CLIENTDATA, this);
  ::el_set(editor, EL_HIST, ::history, history_.get());
  ::el_set(editor, EL_EDITOR, "emacs");
  ::el_set(editor, EL_PROMPT, +[](EditLine* asking) { return self_of(asking).prompt_in_use_.data(); });
  ::el_wset(
      editor, EL_GETCFN, +[](EditLine* asking, wchar_t* key) { return self_of(asking).next_key(*key); });
  ::el_set(
      editor, EL_ADDFN, "leat-complete", "Completes the word before the cursor",
      +[](EditLine* asking, int) { return self_of(asking).complete_word(); });
  ::el_set(editor, EL_BIND, "^I", "leat-complete", nullptr);
  ::el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // What terminals send for the keys at the right, and Ctrl with an arrow.
  ::el_set(editor, EL_BIND, "\033[3~", "ed-delete-next-char", nullptr);
  ::el_set(editor, EL_BIND, "\033[1;5C", "em-next-word", nullptr);
  ::el_set(editor, EL_BIND, "\033[1;5D", "ed-prev-word", nullptr);
}

void terminal_console::edit() {
  set_up();
  while (!closed_) {
    take_prompt();
    int count = 0;
    const char* const typed = ::el_gets(editor_.get(), &count);
    if (typed == nullptr || count <= 0) break;
    std::string line(typed, static_cast<std::size_t>(count));
    while (line.ends_with('\n') || line.ends_with('\r'))
      line.pop_back();
    if (options_.erase_entered) erase_rows(wrapped_rows(prompt_in_use_ + line, columns()) + 1);
    HistEvent event;
    if (!line.empty()) ::history(history_.get(), &event, H_ENTER, line.c_str());
    if (!hand_over(std::move(line))) break;
  }
  erase_edited_lines();
  show_waiting();
  // Restores the terminal, here, on the thread that changed it.
  editor_.reset();
}

bool terminal_console::hand_over(std::string line) {
  bool open = true;
  leat::select(lines_.on_send(std::move(line)), closing_.on_receive([&](auto) { open = false; }));
  return open;
}

// libedit asks for the next key: 1 with a key, 0 at the end of input.
int terminal_console::next_key(wchar_t& key) {
  for (;;) {
    look_around();
    if (closed_) return 0;
    if (wait_for_key()) return read_key(key) ? 1 : 0;
  }
}

// Waits until there is a key or something else to look at; true: a key, or the end.
bool terminal_console::wait_for_key() {
  std::array<pollfd, 2> waited{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                               pollfd{.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  if (::poll(waited.data(), waited.size(), -1) < 0) return false;
  if (waited[1].revents != 0) {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t taken = ::read(wake_fd_, &wakes, sizeof wakes);
    return false;
  }
  return waited[0].revents != 0;
}

// A key is one code point of UTF-8; what is not UTF-8 becomes U+FFFD.
bool terminal_console::read_key(wchar_t& key) {
  unsigned char byte = 0;
  ssize_t count = 0;
  while ((count = ::read(STDIN_FILENO, &byte, 1)) < 0 && errno == EINTR) {}
  if (count != 1) return false;
  if (byte < 0x80) {
    key = static_cast<wchar_t>(byte);
    return true;
  }
  key = L'\uFFFD';
  const int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC2 ? 1 : 0;
  unsigned value = byte & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    unsigned char next = 0;
    if (::read(STDIN_FILENO, &next, 1) != 1) return false;
    if ((next & 0xC0U) != 0x80) return true;
    value = value << 6U | (next & 0x3FU);
  }
  if (more > 0) key = static_cast<wchar_t>(value);
  return true;
}

// Does what others want done while the editor waits.
void terminal_console::look_around() {
  const bool resized = resized_.exchange(false);
  const bool continued = continued_.exchange(false);
  if (resized) ::el_resize(editor_.get());
  // Back from the background: the shell has set the terminal up for itself meanwhile.
  if (continued) ::el_set(editor_.get(), EL_PREP_TERM, 1);
  bool new_prompt = false;
  {
    const std::lock_guard hold(prompt_lock_);
    new_prompt = prompt_ != prompt_in_use_;
  }
  if (shown_.size() == 0 && !new_prompt && !resized && !continued) return;
  erase_edited_lines();
  take_prompt();
  show_waiting();
  ::el_set(editor_.get(), EL_REFRESH);
}

void terminal_console::show_waiting() {
  for (std::size_t i = 0; i < shown_at_once; ++i) {
    const auto line = shown_.try_receive();
    if (!line) break;
    std::fwrite(line->data(), 1, line->size(), stdout);
    std::fputc('\n', stdout);
  }
  std::fflush(stdout);
  if (shown_.size() > 0) wake();
}

// Puts the cursor where the prompt began, and clears everything from there on.
void terminal_console::erase_edited_lines() {
  const LineInfo* const line = ::el_line(editor_.get());
  const std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
  erase_rows(wrapped_rows(prompt_in_use_ + std::string(before), columns()));
}

// Erases the row of the cursor, `above` rows over it, and all below.
void terminal_console::erase_rows(std::size_t above) {
  std::fputc('\r', stdout);
  if (above > 0) std::fprintf(stdout, "\033[%zuA", above);
  std::fputs("\033[J", stdout);
  std::fflush(stdout);
}

std::size_t terminal_console::columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max<std::size_t>(size.ws_col, 2);
}

void terminal_console::take_prompt() {
  const std::lock_guard hold(prompt_lock_);
  prompt_in_use_ = prompt_;
}

std::string common_front(const std::vector<std::string>& words) {
  std::string front = words.front();
  for (const std::string& word : words) {
    const auto differ = std::ranges::mismatch(front, word).in1;
    front.erase(differ, front.end());
  }
  while (!hub::chat::is_utf8(front))
    front.pop_back();
  return front;
}

unsigned char terminal_console::complete_word() {
  if (!options_.complete) return CC_ERROR;
  const LineInfo* const line = ::el_line(editor_.get());
  const std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
  const std::size_t space = before.rfind(' ');
  const bool first = space == std::string_view::npos;
  const std::string word(first ? before : before.substr(space + 1));
  const std::vector<std::string> candidates = options_.complete(word, first);
  if (candidates.empty()) return CC_ERROR;
  std::string longer = common_front(candidates);
  // Candidates match without regard to case, and may have nothing in common with the letters typed.
  const auto letters = static_cast<int>(std::mbstowcs(nullptr, word.c_str(), 0));
  if (candidates.size() > 1 && longer.size() <= word.size()) {
    std::string all;
    for (const std::string& one : candidates)
      all += one + "  ";
    erase_edited_lines();
    std::fprintf(stdout, "%s\n", all.c_str());
    std::fflush(stdout);
    ::el_set(editor_.get(), EL_REFRESH);
    return CC_NORM;
  }
  if (letters > 0) ::el_deletestr(editor_.get(), letters);
  if (::el_insertstr(editor_.get(), longer.c_str()) != 0) return CC_ERROR;
  return CC_REFRESH;
}

}  // namespace

std::unique_ptr<console> open_terminal_console(console_options options) {
  return std::make_unique<terminal_console>(std::move(options));
}

}  // namespace cli
