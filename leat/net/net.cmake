# The network library: part of leat, in namespace leat::net.
target_sources(leat PRIVATE
  net/address.cpp
  net/buffered_reader.cpp
  net/buffered_writer.cpp
  net/dial.cpp
  net/framing/frame.cpp
  net/framing/length_prefix.cpp
  net/framing/marker.cpp
  net/framing/text_header.cpp
  net/framing/varint.cpp
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
  leat_test(net_buffered_test net/buffered_reader_test.cpp net/buffered_writer_test.cpp LIBRARIES leat::leat)
  leat_test(net_framing_test net/framing/marker_test.cpp net/framing/length_prefix_test.cpp
    net/framing/text_header_test.cpp net/framing/frame_reader_test.cpp LIBRARIES leat::leat)
  leat_test(net_allocation_test net/allocation_test.cpp net/framing/frame_allocation_test.cpp LIBRARIES leat::leat)
  leat_test(net_tcp_listener_test net/tcp_listener_test.cpp LIBRARIES leat::leat)
  leat_test(net_dial_test net/dial_test.cpp LIBRARIES leat::leat)
  leat_test(net_udp_test net/udp_test.cpp LIBRARIES leat::leat)
endif()
