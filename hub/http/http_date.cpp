#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include <hub/http/field.hpp>
#include <hub/http/http_date.hpp>

namespace hub::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct moment {
  year_month_day date;
  hh_mm_ss<seconds> time;
};

moment split(std::int64_t since_epoch) {
  const sys_seconds point{seconds(since_epoch)};
  const auto day = floor<std::chrono::days>(point);
  return {year_month_day(day), hh_mm_ss(point - day)};
}

// Takes text from the front, piece by piece; one wrong piece spoils all.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_(text) {}

  void skip(std::string_view expected) {
    good_ = good_ && rest_.starts_with(expected);
    if (good_) rest_.remove_prefix(expected.size());
  }

  template <std::size_t Count>
  unsigned word(const std::array<std::string_view, Count>& words) {
    const auto* found = std::ranges::find_if(words, [&](auto each) { return rest_.starts_with(each); });
    good_ = good_ && found != words.end();
    if (!good_) return 0;
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - words.begin());
  }

  int number(std::size_t width) {
    const auto value = rest_.size() >= width ? parse_digits(rest_.substr(0, width)) : std::nullopt;
    good_ = good_ && value;
    if (!good_) return 0;
    rest_.remove_prefix(width);
    return static_cast<int>(*value);
  }

  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct fields {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void scan_time(scanner& text, fields& into) {
  into.hour = text.number(2);
  text.skip(":");
  into.minute = text.number(2);
  text.skip(":");
  into.second = text.number(2);
}

// Sun, 06 Nov 1994 08:49:37 GMT
bool scan_imf(std::string_view given, fields& into) {
  scanner text(given);
  text.word(days);
  text.skip(", ");
  into.day = text.number(2);
  text.skip(" ");
  into.month = text.word(months);
  text.skip(" ");
  into.year = text.number(4);
  text.skip(" ");
  scan_time(text, into);
  text.skip(" GMT");
  return text.finished();
}

// Sunday, 06-Nov-94 08:49:37 GMT. Two digits of a year from 70 on are of the twentieth century: no file is
// older.
bool scan_rfc850(std::string_view given, fields& into) {
  scanner text(given);
  text.word(long_days);
  text.skip(", ");
  into.day = text.number(2);
  text.skip("-");
  into.month = text.word(months);
  text.skip("-");
  into.year = text.number(2);
  into.year += into.year < 70 ? 2000 : 1900;
  text.skip(" ");
  scan_time(text, into);
  text.skip(" GMT");
  return text.finished();
}

// Sun Nov  6 08:49:37 1994
bool scan_asctime(std::string_view given, fields& into) {
  scanner text(given);
  text.word(days);
  text.skip(" ");
  into.month = text.word(months);
  text.skip(" ");
  if (text.next() == ' ') {
    text.skip(" ");
    into.day = text.number(1);
  } else {
    into.day = text.number(2);
  }
  text.skip(" ");
  scan_time(text, into);
  text.skip(" ");
  into.year = text.number(4);
  return text.finished();
}

}  // namespace

std::string format_http_date(std::int64_t since_epoch) {
  const auto [date, time] = split(since_epoch);
  const auto weekday_index = weekday(sys_days(date)).c_encoding();
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[weekday_index],
                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  text = trim(text);
  fields read;
  if (!scan_imf(text, read) && !scan_rfc850(text, read) && !scan_asctime(text, read)) return std::nullopt;
  const year_month_day date{year(read.year), month(read.month + 1), day(static_cast<unsigned>(read.day))};
  // The sixtieth second is a leap second, which this count does not have: it runs into the next minute.
  if (!date.ok() || read.hour > 23 || read.minute > 59 || read.second > 60) return std::nullopt;
  const auto point = sys_days(date) + hours(read.hour) + minutes(read.minute) + seconds(read.second);
  return point.time_since_epoch().count();
}

std::string format_timestamp(std::int64_t since_epoch) {
  const auto [date, time] = split(since_epoch);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace hub::http
