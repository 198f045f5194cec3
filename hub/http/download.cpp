#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <ctime>
#include <string>
#include <vector>

#include <hub/http/digest_field.hpp>
#include <hub/http/disposition.hpp>
#include <hub/http/download.hpp>
#include <hub/http/http_date.hpp>
#include <hub/http/range.hpp>

namespace hub::http {
namespace {

// What browsers may do with a stranger's file: show it, and nothing else. No script runs, no form is sent,
// nothing is fetched from elsewhere, also if a type should be mistaken.
constexpr const char* content_policy =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

class download {
 public:
  download(const request& asked, const files::stored_file& file, const files::file_name& name,
           const limits& bounds, answer_writer& out)
      : asked_(asked),
        file_(file),
        limits_(bounds),
        out_(out),
        type_(media_type_of(name.text())),
        disposition_(content_disposition(name.text(), type_.shown)),
        present_{etag_of(file.content), file.modified_s} {}

  void run() {
    switch (asked_conditions(asked_).evaluate(present_, true)) {
      case verdict::not_modified:
        out_.send(describe(304));
        return;
      case verdict::failed:
        out_.send(plain_answer(412, "the file is not the one that was expected"));
        return;
      case verdict::proceed:
        break;
    }
    const auto choice = choose();
    if (choice.answer == range_answer::unsatisfiable) {
      send_unsatisfiable();
    } else if (choice.answer == range_answer::whole) {
      send_whole();
    } else if (choice.ranges.size() == 1) {
      send_one(choice.ranges[0]);
    } else {
      send_several(choice.ranges);
    }
  }

 private:
  // Fields that belong to every answer about the file, also one without content.
  response describe(unsigned status) const {
    response answer{.status = status, .fields = {}, .body = {}};
    answer.add("ETag", present_.etag);
    answer.add("Last-Modified", format_http_date(present_.modified_s));
    // Names can get another content at any time: keep it, but ask before using it again.
    answer.add("Cache-Control", "no-cache");
    return answer;
  }

  response describe_content(unsigned status) const {
    auto answer = describe(status);
    answer.add("Accept-Ranges", "bytes");
    answer.add("X-Content-Type-Options", "nosniff");
    answer.add("Content-Security-Policy", content_policy);
    answer.add("Content-Disposition", disposition_);
    if (const auto wanted = asked_.field("Want-Repr-Digest"); wanted && wants_repr_digest(*wanted)) {
      answer.add("Repr-Digest", repr_digest(file_.content));
    }
    if (const auto wanted = asked_.field("Want-Digest"); wanted && wants_legacy_digest(*wanted)) {
      answer.add("Digest", legacy_digest(file_.content));
    }
    return answer;
  }

  range_choice choose() const {
    const auto range = asked_.field("Range");
    if (!range || asked_.method != "GET") return {};
    const auto only_if = asked_.field("If-Range");
    if (only_if && !range_is_valid(*only_if, present_, std::time(nullptr))) return {};
    return choose_ranges(*range, file_.size_bytes, limits_.ranges);
  }

  void send_unsatisfiable() {
    auto answer = plain_answer(416, fmt::format("the file has only {} bytes", file_.size_bytes));
    answer.add("Content-Range", unsatisfied_range(file_.size_bytes));
    answer.add("ETag", present_.etag);
    out_.send(answer);
  }

  void send_whole() {
    auto answer = describe_content(200);
    answer.add("Content-Type", std::string(type_.name));
    if (out_.send_head(answer, file_.size_bytes) && out_.wants_body()) {
      out_.send_file(file_.fd.get(), 0, file_.size_bytes);
    }
  }

  void send_one(const byte_range& range) {
    auto answer = describe_content(206);
    answer.add("Content-Type", std::string(type_.name));
    answer.add("Content-Range", content_range(range, file_.size_bytes));
    if (out_.send_head(answer, range.length())) out_.send_file(file_.fd.get(), range.first, range.length());
  }

  // multipart/byteranges (RFC 9110, section 14.6).
  void send_several(const std::vector<byte_range>& ranges) {
    const auto boundary = make_boundary();
    const auto last = fmt::format("\r\n--{}--\r\n", boundary);
    std::vector<std::string> heads;
    std::uint64_t length = last.size();
    for (const auto& range : ranges) {
      heads.push_back(fmt::format("\r\n--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n", boundary,
                                  type_.name, content_range(range, file_.size_bytes)));
      length += heads.back().size() + range.length();
    }
    auto answer = describe_content(206);
    answer.add("Content-Type", "multipart/byteranges; boundary=" + boundary);
    out_.send_head(answer, length);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      out_.send_text(heads[i]);
      out_.send_file(file_.fd.get(), ranges[i].first, ranges[i].length());
    }
    out_.send_text(last);
  }

  // Random, so that nobody can store a file that contains it.
  static std::string make_boundary() {
    std::array<std::uint64_t, 2> numbers{};
    static_cast<void>(::getrandom(numbers.data(), sizeof numbers, 0));
    return fmt::format("leat-{:016x}{:016x}", numbers[0], numbers[1]);
  }

  const request& asked_;
  const files::stored_file& file_;
  const limits& limits_;
  answer_writer& out_;
  const media_type type_;
  const std::string disposition_;
  const validators present_;
};

}  // namespace

void send_download(const request& asked, const files::stored_file& file, const files::file_name& name,
                   const limits& bounds, answer_writer& out) {
  download(asked, file, name, bounds, out).run();
}

asked_conditions::asked_conditions(const request& asked)
    : if_match_(asked.field("If-Match")),
      if_none_match_(asked.field("If-None-Match")),
      if_modified_since_(asked.field("If-Modified-Since")),
      if_unmodified_since_(asked.field("If-Unmodified-Since")) {}

verdict asked_conditions::evaluate(const std::optional<validators>& present, bool get_or_head) const {
  return http::evaluate({.if_match = if_match_,
                         .if_none_match = if_none_match_,
                         .if_modified_since = if_modified_since_,
                         .if_unmodified_since = if_unmodified_since_},
                        present, get_or_head);
}

bool asked_conditions::concern_changes() const {
  return if_match_ || if_none_match_ || if_unmodified_since_;
}

}  // namespace hub::http
