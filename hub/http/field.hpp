// The pieces that HTTP's header fields are made of (RFC 9110, section 5.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace hub::http {

// Without spaces and tabs at either end.
std::string_view trim(std::string_view text);

// Whether two words are equal, ASCII case aside.
bool same_word(std::string_view left, std::string_view right);

// 1*DIGIT and nothing else. A number that 64 bits cannot hold is the largest one that they can: every length
// and position of ours is smaller, so it compares as it should.
std::optional<std::uint64_t> parse_digits(std::string_view text);

// The elements of a comma-separated list, trimmed, without empty ones. Commas within quoted strings do not
// separate. Stops after `most` elements.
std::vector<std::string_view> split_list(std::string_view text, std::size_t most = 1'000);

// The `q` of one list element such as "text/plain;q=0.5", in thousandths: 1000 when there is none, 0 when it
// is wrong.
unsigned quality_of(std::string_view element);

// What stands before the first `;` of a list element.
std::string_view without_parameters(std::string_view element);

}  // namespace hub::http
