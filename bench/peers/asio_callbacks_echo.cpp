// A TCP echo server in the way of Asio's callbacks: a session for each connection, kept alive by what it
// waits for. Prints "listening on HOST:PORT" once it is ready. Argument: bytes of each session's buffer
// (16384).
#include <boost/asio.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, std::size_t buffer_bytes) : socket_(std::move(socket)), buffer_(buffer_bytes) {
    socket_.set_option(tcp::no_delay(true));
  }

  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code error, std::size_t count) {
                              if (!error) self->write(count);
                            });
  }

 private:
  void write(std::size_t count) {
    asio::async_write(socket_, asio::buffer(buffer_.data(), count),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  std::vector<char> buffer_;
};

void accept(tcp::acceptor& acceptor, std::size_t buffer_bytes) {
  acceptor.async_accept([&acceptor, buffer_bytes](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<session>(std::move(socket), buffer_bytes)->read();
    accept(acceptor, buffer_bytes);
  });
}

}  // namespace

int main(int argc, char** argv) {
  asio::io_context context(1);  // one thread: Asio then leaves out its locks
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::printf("listening on 127.0.0.1:%u\n", unsigned{acceptor.local_endpoint().port()});
  std::fflush(stdout);
  accept(acceptor, argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 16384);
  context.run();
}
