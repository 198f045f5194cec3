// A Unix socket that listens, and the connections that come to it.
//
//   auto listener = leat::net::listen_unix("/run/leat.sock", {.mode = 0660}).value();
//   while (auto conn = listener.accept())
//     leat::go([c = std::move(*conn)]() mutable { serve(c); });
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <utility>

#include <leat/net/bound_path.hpp>
#include <leat/net/stream_listener.hpp>
#include <leat/net/unix_address.hpp>
#include <leat/net/unix_conn.hpp>

namespace leat::net {

struct unix_listen_options {
  /// Connections that the system keeps ready for accept(); it caps the number at net.core.somaxconn.
  int backlog = 4096;
  /// Remove the file with the listener, if it still is the one that was made for it.
  bool unlink_on_close = true;
  /// Who may connect: those who may write to the file, 0660 for example. None: what the umask leaves of 0777.
  /// The umask counts here too.
  std::optional<mode_t> mode{};
};

class unix_listener final : public stream_listener {
 public:
  /// A closed listener.
  unix_listener() noexcept = default;
  unix_listener(unix_listener&&) noexcept = default;
  unix_listener& operator=(unix_listener&& other) noexcept;
  ~unix_listener();

  /// The next connection; all that tcp_listener::accept() says holds here too.
  result<unix_conn> accept();

  /// As stream_listener::close(). Also removes the file, if unlink_on_close.
  result<void> close() noexcept;

  /// Where it listens, with the abstract name that the system chose if none was given; also after close().
  const unix_address& local_address() const noexcept { return local_; }

 private:
  friend result<unix_listener> listen_unix(const unix_address& address, const unix_listen_options& options);

  unix_listener(handle owned, const unix_address& local, bound_path file)
      : stream_listener(std::move(owned)), local_(local), file_(std::move(file)) {}

  unix_address local_;
  bound_path file_;
};

/// Listens at `address`, in the form that unix_address::parse() reads; without a name, the system chooses an
/// abstract one. Errors: ENAMETOOLONG, errc::bad_address, and those of bind(2): EADDRINUSE (the file exists,
/// which may be what a dead server left: nothing is removed here), ENOENT (no such directory), EACCES.
result<unix_listener> listen_unix(std::string_view address, const unix_listen_options& options = {});
result<unix_listener> listen_unix(const unix_address& address, const unix_listen_options& options = {});

}  // namespace leat::net
