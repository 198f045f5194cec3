# The network library: part of leat, in namespace leat::net.
target_sources(leat PRIVATE
  net/address.cpp
  net/dial.cpp
  net/resolve.cpp
  net/sockaddr.cpp
  net/socket_base.cpp
  net/stream.cpp
  net/system_socket.cpp
  net/tcp_conn.cpp
  net/tcp_info.cpp
  net/tcp_listener.cpp
  net/udp.cpp)

if(LEAT_TESTS)
  leat_test(net_address_test net/address_test.cpp net/sockaddr_test.cpp LIBRARIES leat::leat)
  leat_test(net_resolve_test net/resolve_test.cpp LIBRARIES leat::leat)
  leat_test(net_tcp_conn_test net/tcp_conn_test.cpp net/tcp_deadline_test.cpp net/tcp_info_test.cpp
    LIBRARIES leat::leat)
  leat_test(net_allocation_test net/allocation_test.cpp LIBRARIES leat::leat)
  leat_test(net_tcp_listener_test net/tcp_listener_test.cpp LIBRARIES leat::leat)
  leat_test(net_dial_test net/dial_test.cpp LIBRARIES leat::leat)
  leat_test(net_udp_test net/udp_test.cpp LIBRARIES leat::leat)
endif()
