#include <fstream>

#include <hub/files/boot_number.hpp>

namespace hub::files {
namespace {

std::string read_boot_number() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  std::erase(id, '-');
  return id.size() < boot_number_length ? std::string() : id.substr(0, boot_number_length);
}

}  // namespace

const std::string& boot_number() {
  static const std::string number = read_boot_number();
  return number;
}

}  // namespace hub::files
