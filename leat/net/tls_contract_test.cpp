// TLS connections, over sockets and over memory, held to the contract of all streams.
#include <leat/net/contract_test.hpp>
#include <leat/net/pipe.hpp>
#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

tls_server_config up_to(tls_version version) {
  tls_server_config config = server_config();
  config.greatest_version = version;
  return config;
}

template <typename Stream>
stream_pair encrypted(tls_version version, Stream near, Stream far) {
  static const tls_server newer = tls_server::create(up_to(tls_version::tls_1_3)).value();
  static const tls_server older = tls_server::create(up_to(tls_version::tls_1_2)).value();
  static const tls_client client = tls_client::create(client_config()).value();
  const tls_server& server = version == tls_version::tls_1_3 ? newer : older;
  tls_pair ends{client.wrap(std::move(near), "localhost").value(), server.wrap(std::move(far))};
  const shaken how = shake(ends);
  EXPECT_TRUE(how.near && how.far);
  return pair_of(std::move(ends.near), std::move(ends.far));
}

stream_pair over_sockets(tls_version version) {
  auto [near, far] = connect_pair();
  return encrypted(version, std::move(near), std::move(far));
}

stream_pair over_pipes() {
  auto [near, far] = pipe();
  return encrypted(tls_version::tls_1_3, std::move(near), std::move(far));
}

void reset(stream& end) {
  auto* below = dynamic_cast<tcp_conn*>(dynamic_cast<tls_conn&>(end).below());
  ASSERT_TRUE(below->set_linger(linger::reset));
  ASSERT_TRUE(below->close());
}

const stream_kind tls_1_3{
    .name = "tls_1_3", .connect = [] { return over_sockets(tls_version::tls_1_3); }, .reset = reset};
const stream_kind tls_1_2{
    .name = "tls_1_2", .connect = [] { return over_sockets(tls_version::tls_1_2); }, .reset = reset};
const stream_kind tls_over_memory{
    .name = "tls_over_memory", .connect = over_pipes, .close_read_tells_the_peer = true};

}  // namespace

INSTANTIATE_TEST_SUITE_P(tls_1_3, a_stream, contract_over(tls_1_3), contract_name);
INSTANTIATE_TEST_SUITE_P(tls_1_3, a_stream_deadline, contract_over(tls_1_3), contract_name);
INSTANTIATE_TEST_SUITE_P(tls_1_2, a_stream, contract_over(tls_1_2), contract_name);
INSTANTIATE_TEST_SUITE_P(tls_1_2, a_stream_deadline, contract_over(tls_1_2), contract_name);
INSTANTIATE_TEST_SUITE_P(tls_over_memory, a_stream, contract_over(tls_over_memory), contract_name);
INSTANTIATE_TEST_SUITE_P(tls_over_memory, a_stream_deadline, contract_over(tls_over_memory), contract_name);

}  // namespace leat::net
