// The streams that are part of every build, held to the contract.
#include <leat/net/contract_test.hpp>

namespace leat::net {
namespace {

stream_pair tcp_streams(std::string_view address) {
  auto [near, far] = connect_pair(address);
  return pair_of(std::move(near), std::move(far));
}

void reset_tcp(stream& end) {
  ASSERT_TRUE(dynamic_cast<tcp_conn&>(end).set_linger(linger::reset));
  ASSERT_TRUE(end.close());
}

stream_pair unix_streams() {
  auto listener = listen_unix("").value();
  auto near = dial_unix(listener.local_address()).value();
  return pair_of(std::move(near), listener.accept().value());
}

// The test leaves something unread, and then this is how a Unix socket says so.
void reset_unix(stream& end) {
  ASSERT_TRUE(end.close());
}

stream_pair pipe_streams(std::size_t buffer_bytes) {
  auto [near, far] = pipe({.buffer_bytes = buffer_bytes});
  return pair_of(std::move(near), std::move(far));
}

const stream_kind over_ipv4{
    .name = "tcp_over_ipv4", .connect = [] { return tcp_streams("127.0.0.1:0"); }, .reset = reset_tcp};
const stream_kind over_ipv6{.name = "tcp_over_ipv6",
                            .connect = [] { return tcp_streams("[::1]:0"); },
                            .available = machine_has_v6,
                            .reset = reset_tcp};
const stream_kind over_unix{
    .name = "unix_stream", .connect = unix_streams, .reset = reset_unix, .close_read_tells_the_peer = true};
const stream_kind over_memory{
    .name = "pipe", .connect = [] { return pipe_streams(65536); }, .close_read_tells_the_peer = true};
const stream_kind over_little_memory{.name = "pipe_of_4097_bytes",
                                     .connect = [] { return pipe_streams(4097); },
                                     .close_read_tells_the_peer = true};

}  // namespace

INSTANTIATE_TEST_SUITE_P(over_ipv4, a_stream, contract_over(over_ipv4), contract_name);
INSTANTIATE_TEST_SUITE_P(over_ipv4, a_stream_deadline, contract_over(over_ipv4), contract_name);
INSTANTIATE_TEST_SUITE_P(over_ipv6, a_stream, contract_over(over_ipv6), contract_name);
INSTANTIATE_TEST_SUITE_P(over_ipv6, a_stream_deadline, contract_over(over_ipv6), contract_name);
INSTANTIATE_TEST_SUITE_P(over_unix, a_stream, contract_over(over_unix), contract_name);
INSTANTIATE_TEST_SUITE_P(over_unix, a_stream_deadline, contract_over(over_unix), contract_name);
INSTANTIATE_TEST_SUITE_P(over_memory, a_stream, contract_over(over_memory), contract_name);
INSTANTIATE_TEST_SUITE_P(over_memory, a_stream_deadline, contract_over(over_memory), contract_name);
INSTANTIATE_TEST_SUITE_P(over_little_memory, a_stream, contract_over(over_little_memory), contract_name);
INSTANTIATE_TEST_SUITE_P(over_little_memory, a_stream_deadline, contract_over(over_little_memory),
                         contract_name);

}  // namespace leat::net
