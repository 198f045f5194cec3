#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <leat/blocking.hpp>

#include <cli/download.hpp>
#include <cli/http_client.hpp>
#include <cli/jobs.hpp>
#include <cli/partial_file.hpp>
#include <cli/progress.hpp>
#include <cli/put.hpp>
#include <cli/url.hpp>
#include <cli/visible_text.hpp>
#include <hub/files/file_name.hpp>
#include <hub/files/sha256.hpp>
#include <hub/files/unique_fd.hpp>

namespace cli {
namespace {

struct source_file {
  hub::files::unique_fd fd;
  std::uint64_t size = 0;
};

outcome<source_file> open_source(const std::filesystem::path& path) {
  return leat::blocking([&]() -> outcome<source_file> {
    // Not waiting for the other end of a named pipe.
    source_file file{.fd = hub::files::unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
    if (!file.fd) return std::unexpected(file_failure("read", path, errno));
    struct stat found{};
    if (::fstat(file.fd.get(), &found) != 0) return std::unexpected(file_failure("read", path, errno));
    if (S_ISDIR(found.st_mode))
      return std::unexpected(fmt::format("{} is a directory", visible(path.native())));
    if (!S_ISREG(found.st_mode))
      return std::unexpected(fmt::format("{} is not a file", visible(path.native())));
    file.size = static_cast<std::uint64_t>(found.st_size);
    return file;
  });
}

// Fills the piece from the file, which must not end before its size: nobody else should be changing it.
http_result<std::size_t> read_piece(int fd, const std::filesystem::path& path, std::span<std::byte> piece) {
  ssize_t count = 0;
  const int error = leat::blocking([&] {
    while ((count = ::read(fd, piece.data(), piece.size())) < 0 && errno == EINTR) {}
    return count < 0 ? errno : 0;
  });
  if (error != 0) return std::unexpected(http_failure{.text = file_failure("read", path, error)});
  if (count == 0) {
    return std::unexpected(
        http_failure{.text = fmt::format("{} has become shorter while it was read", visible(path.native()))});
  }
  return static_cast<std::size_t>(count);
}

// What has been stored, if the server tells: the entity tags of leat are the SHA-256 of the content.
std::optional<hub::files::digest> stored_digest(const http_response& answer) {
  std::string_view tag = answer.field("etag");
  if (answer.field("server") != "leat" || tag.size() < 2) return std::nullopt;
  return hub::files::digest_from_hex(tag.substr(1, tag.size() - 2));
}

// Uploads one file; returns its URL.
outcome<std::string> upload(http_client& client, const std::filesystem::path& path, const std::string& target,
                            progress_board::entry& progress) {
  auto file = open_source(path);
  if (!file) return std::unexpected(file.error());
  progress.expect(file->size);
  hub::files::sha256 hash;
  std::uint64_t left = file->size;
  const auto next_piece = [&](std::span<std::byte> piece) -> http_result<std::size_t> {
    // What has been appended meanwhile is not part of the upload.
    auto count = read_piece(file->fd.get(), path, piece.first(std::min<std::uint64_t>(piece.size(), left)));
    if (!count) return count;
    hash.update(piece.first(*count));
    progress.add(*count);
    left -= *count;
    return count;
  };
  auto head = client.upload({.method = "PUT", .target = target, .fields = {}}, file->size, next_piece);
  if (!head) return std::unexpected(head.error().text);
  if (head->status / 100 != 2) return std::unexpected(refusal_text(client, *head));
  if (const auto stored = stored_digest(*head); stored && left == 0 && *stored != hash.finish()) {
    return std::unexpected(std::string("it arrived damaged: the server has another SHA-256"));
  }
  static_cast<void>(client.read_text(64 * 1024));
  return fmt::format("http://{}{}", client.address(), target);
}

outcome<std::string> name_there(const std::filesystem::path& path, const put_options& options) {
  std::string name = options.as.empty() ? path.filename().native() : options.as;
  if (const auto checked = hub::files::file_name::parse(name); !checked) {
    return std::unexpected(
        fmt::format("{}: {} (--as NAME gives it another one)", visible(path.native()), checked.error()));
  }
  return name;
}

}  // namespace

int put(const put_options& options) {
  std::vector<std::string> names;
  for (const std::string& file : options.files) {
    auto name = name_there(file, options);
    if (!name) {
      fmt::print(stderr, "leat put: {}\n", name.error());
      return exit_usage;
    }
    names.push_back(std::move(*name));
  }
  std::atomic<bool> failed = false;
  progress_board board(names.size());
  run_jobs(names.size(), options.jobs, [&] {
    return [&, client = std::make_unique<http_client>(options.server)](std::size_t index) {
      auto& progress = board.begin(names[index]);
      const auto url = upload(*client, options.files[index], file_path(options.room, names[index]), progress);
      board.finish(progress);
      if (url) {
        board.result(index, *url);
      } else {
        board.say(fmt::format("leat put: {}: {}", visible(names[index]), url.error()));
        board.result(index, "");
        failed = true;
      }
    };
  });
  return failed ? exit_failed : exit_done;
}

}  // namespace cli
