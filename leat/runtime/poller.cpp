#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <leat/go.hpp>
#include <leat/runtime/epoll_poller.hpp>
#include <leat/runtime/uring_poller.hpp>

namespace leat::runtime {
namespace {

poller_kind kind_by_environment() {
  const char* text = std::getenv("LEAT_POLLER");
  const std::string_view wanted = text ? text : "";
  if (wanted.empty() || wanted == "auto") return poller_kind::automatic;
  if (wanted == "epoll") return poller_kind::epoll;
  if (wanted == "io_uring") return poller_kind::io_uring;
  throw std::invalid_argument("LEAT_POLLER is \"" + std::string(wanted) +
                              "\": it must be epoll, io_uring or auto");
}

}  // namespace

poller_kind choose_poller(poller_kind wanted) {
  if (wanted == poller_kind::by_environment) wanted = kind_by_environment();
  if (wanted == poller_kind::io_uring) {
    if (const int error = why_no_uring(); error != 0) {
      throw std::system_error(
          error, std::system_category(),
          "leat: io_uring was asked for, but cannot be had here (it needs Linux 6.0, and that "
          "neither kernel.io_uring_disabled nor a seccomp filter forbids it; LEAT_POLLER=auto "
          "takes what there is)");
    }
  }
  return wanted;
}

// docs/net.md has the figures by which automatic is epoll for sockets.
std::unique_ptr<poller> make_poller(poller_kind kind) {
  if (kind == poller_kind::io_uring) return std::make_unique<uring_poller>();
  return std::make_unique<epoll_poller>(kind == poller_kind::automatic);
}

}  // namespace leat::runtime
