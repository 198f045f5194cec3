#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string_view>

#include <hub/files/folder_reader.hpp>

namespace hub::files {
namespace {

struct folder_closer {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

std::vector<std::string> names_in(int folder) {
  // Opened anew: a duplicate would share its reading position with every other reader of this folder.
  const int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return {};
  const std::unique_ptr<DIR, folder_closer> reader(::fdopendir(fd));
  if (!reader) {
    ::close(fd);
    return {};
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(reader.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace hub::files
