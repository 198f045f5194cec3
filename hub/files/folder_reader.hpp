// The names in a folder.
#pragma once

#include <string>
#include <vector>

namespace hub::files {

// All entries of an open folder but `.` and `..`, in no order; none if it cannot be read.
std::vector<std::string> names_in(int folder);

}  // namespace hub::files
