// Which boot of the machine this is: what lies in files since an earlier one, and was not flushed, cannot be
// relied on.
#pragma once

#include <cstddef>
#include <string>

namespace hub::files {

inline constexpr std::size_t boot_number_length = 16;

// That many hexadecimal digits; empty if the machine does not tell.
const std::string& boot_number();

}  // namespace hub::files
