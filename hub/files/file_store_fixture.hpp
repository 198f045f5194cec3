// A store on a folder of its own, and short ways to use it. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <hub/files/file_store.hpp>
#include <hub/files/scratch_folder.hpp>

namespace hub::files {

inline file_name name_of(std::string_view text) {
  return file_name::parse(text).value();
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline digest digest_of(std::string_view text) {
  sha256 hash;
  hash.update(bytes_of(text));
  return hash.finish();
}

inline std::string content_of(const stored_file& file) {
  std::string text(file.size_bytes, '\0');
  const auto got = ::pread(file.fd.get(), text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

class file_store_fixture : public testing::Test {
 protected:
  void open(const limits& bounds = {}) {
    store_.reset();
    auto opened = file_store::open(data_.path(), bounds);
    ASSERT_TRUE(opened) << opened.error().text;
    store_ = std::move(*opened);
  }

  result<published> put(std::string_view name, std::string_view text, const area& where = area::common(),
                        const publish_terms& terms = {}) {
    auto begun = store_->begin(where, name_of(name), text.size());
    if (!begun) return std::unexpected(begun.error());
    if (auto written = begun->write(bytes_of(text)); !written) return std::unexpected(written.error());
    return begun->publish(terms);
  }

  // An upload of `total` bytes that breaks off after `text`.
  void break_off(std::string_view name, std::string_view text, std::uint64_t total) {
    auto begun = store_->begin(area::common(), name_of(name), total);
    ASSERT_TRUE(begun);
    ASSERT_TRUE(begun->write(bytes_of(text)));
    ASSERT_TRUE(begun->suspend());
  }

  std::string get(std::string_view name, const area& where = area::common()) {
    const auto file = store_->read(where, name_of(name));
    return file ? content_of(*file) : "error: " + file.error().text;
  }

  scratch_folder data_;
  std::unique_ptr<file_store> store_;
};

}  // namespace hub::files
