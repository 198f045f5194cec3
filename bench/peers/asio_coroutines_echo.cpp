// A TCP echo server in the way of Asio's C++20 coroutines: one for each connection, which reads and writes.
// Prints "listening on HOST:PORT" once it is ready. Argument: bytes of each connection's buffer (16384).
#include <boost/asio.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Errors are values here, as in leat's server: an exception for each connection that ends costs microseconds.
constexpr auto awaitable_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket, std::size_t buffer_bytes) {
  std::vector<char> buffer(buffer_bytes);
  for (;;) {
    const auto [read_error, count] = co_await socket.async_read_some(asio::buffer(buffer), awaitable_result);
    if (read_error) co_return;
    const auto [write_error, written] =
        co_await asio::async_write(socket, asio::buffer(buffer.data(), count), awaitable_result);
    if (write_error) co_return;
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, std::size_t buffer_bytes) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(awaitable_result);
    if (error) continue;
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), echo(std::move(socket), buffer_bytes), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  asio::io_context context(1);  // one thread: Asio then leaves out its locks
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::printf("listening on 127.0.0.1:%u\n", unsigned{acceptor.local_endpoint().port()});
  std::fflush(stdout);
  const std::size_t buffer_bytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 16384;
  asio::co_spawn(context, accept(acceptor, buffer_bytes), asio::detached);
  context.run();
}
