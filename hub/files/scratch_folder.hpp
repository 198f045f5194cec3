// A folder of its own for each test. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace hub::files {

class scratch_folder {
 public:
  scratch_folder() {
    std::string pattern = testing::TempDir() + "leat-files-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

  void write(const std::filesystem::path& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

  std::string read(const std::filesystem::path& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  // The names in a folder below, sorted and joined by spaces.
  std::string names(const std::filesystem::path& folder) const {
    std::string text;
    std::set<std::string> sorted;
    for (const auto& entry : std::filesystem::directory_iterator(path_ / folder))
      sorted.insert(entry.path().filename());
    for (const auto& name : sorted)
      text += (text.empty() ? "" : " ") + name;
    return text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace hub::files
