# The network library: part of leat, in namespace leat::net.
target_sources(leat PRIVATE
  net/address.cpp
  net/address_selection.cpp
  net/bound_path.cpp
  net/buffered_reader.cpp
  net/buffered_writer.cpp
  net/connection_race.cpp
  net/connections.cpp
  net/copy.cpp
  net/copy_buffer.cpp
  net/dial.cpp
  net/framing/frame.cpp
  net/framing/length_prefix.cpp
  net/framing/marker.cpp
  net/framing/text_header.cpp
  net/framing/varint.cpp
  net/icmp.cpp
  net/icmp_message.cpp
  net/inherited_stream.cpp
  net/interfaces.cpp
  net/kernel_pipe.cpp
  net/options.cpp
  net/packet_info.cpp
  net/pipe.cpp
  net/ready_set.cpp
  net/resolve.cpp
  net/resolver.cpp
  net/send_file.cpp
  net/services.cpp
  net/sockaddr.cpp
  net/socket_base.cpp
  net/stream.cpp
  net/stream_listener.cpp
  net/stream_socket.cpp
  net/system_names.cpp
  net/system_socket.cpp
  net/tcp_conn.cpp
  net/tcp_info.cpp
  net/tcp_listener.cpp
  net/udp.cpp
  net/udp_batch.cpp
  net/udp_batch_io.cpp
  net/udp_batch_state.cpp
  net/udp_multicast.cpp
  net/unix_address.cpp
  net/unix_conn.cpp
  net/unix_datagram.cpp
  net/unix_listener.cpp)

# Without c-ares, as where only the compiler is there for another processor, the system's resolver is asked.
find_package(PkgConfig)
if(PKG_CONFIG_FOUND AND NOT CMAKE_CROSSCOMPILING)
  pkg_check_modules(LEAT_CARES IMPORTED_TARGET GLOBAL libcares)
endif()
if(LEAT_CARES_FOUND)
  target_sources(leat PRIVATE net/dns_client.cpp)
  target_link_libraries(leat PRIVATE ${LEAT_CARES_LINK_LIBRARIES})
else()
  target_sources(leat PRIVATE net/dns_client_absent.cpp)
endif()

if(LEAT_TLS)
  find_package(OpenSSL 3.0 REQUIRED GLOBAL)
  target_sources(leat PRIVATE
    net/tls_buffer.cpp
    net/tls_certificate.cpp
    net/tls_client.cpp
    net/tls_conn.cpp
    net/tls_context.cpp
    net/tls_engine.cpp
    net/tls_error.cpp
    net/tls_handshake.cpp
    net/tls_identity.cpp
    net/tls_link.cpp
    net/tls_self_signed.cpp
    net/tls_server.cpp
    net/tls_tickets.cpp
    net/tls_turns.cpp)
  target_link_libraries(leat PRIVATE OpenSSL::SSL OpenSSL::Crypto)
endif()

if(LEAT_TESTS)
  leat_test(net_address_test net/address_test.cpp net/sockaddr_test.cpp LIBRARIES leat::leat)
  leat_test(net_inherited_stream_test net/inherited_stream_test.cpp net/contract_test.cpp net/contract_deadline_test.cpp
    LIBRARIES leat::leat)
  leat_test(net_resolve_test net/resolve_test.cpp net/resolver_test.cpp net/resolver_rules_test.cpp
    net/system_names_test.cpp net/system_resolver_test.cpp net/address_selection_test.cpp LIBRARIES leat::leat)
  leat_test(net_tcp_conn_test net/tcp_conn_test.cpp net/tcp_info_test.cpp LIBRARIES leat::leat)
  # What every stream promises: link these sources to hold another kind of stream to it, see net/contract_test.hpp.
  set(stream_contract net/contract_test.cpp net/contract_deadline_test.cpp)
  leat_test(net_stream_contract_test net/stream_contract_test.cpp ${stream_contract} LIBRARIES leat::leat)
  leat_test(net_copy_test net/copy_test.cpp LIBRARIES leat::leat)
  leat_test(net_pipe_test net/pipe_test.cpp LIBRARIES leat::leat)
  leat_test(net_unix_test net/unix_address_test.cpp net/unix_stream_test.cpp net/unix_datagram_test.cpp
    LIBRARIES leat::leat)
  leat_test(net_buffered_test net/buffered_reader_test.cpp net/buffered_writer_test.cpp LIBRARIES leat::leat)
  leat_test(net_framing_test net/framing/marker_test.cpp net/framing/length_prefix_test.cpp
    net/framing/text_header_test.cpp net/framing/frame_reader_test.cpp
    net/framing/frame_stream_test.cpp LIBRARIES leat::leat)
  leat_test(net_allocation_test net/allocation_test.cpp net/framing/frame_allocation_test.cpp LIBRARIES leat::leat)
  leat_test(net_tcp_listener_test net/tcp_listener_test.cpp LIBRARIES leat::leat)
  leat_test(net_dial_test net/dial_test.cpp net/dial_race_test.cpp net/dial_churn_test.cpp LIBRARIES leat::leat)
  leat_test(net_errors_test net/errors_test.cpp LIBRARIES leat::leat)
  leat_test(net_connections_test net/connections_test.cpp LIBRARIES leat::leat)
  leat_test(net_icmp_test net/icmp_test.cpp LIBRARIES leat::leat)
  leat_test(net_options_test net/options_test.cpp LIBRARIES leat::leat)
  leat_test(net_udp_test net/udp_test.cpp net/udp_batch_test.cpp net/udp_address_test.cpp LIBRARIES leat::leat)
  if(LEAT_TLS)
    leat_test(net_tls_test net/tls_conn_test.cpp net/tls_handshake_test.cpp net/tls_certificate_test.cpp
      net/tls_resumption_test.cpp net/tls_hostile_test.cpp net/tls_interop_test.cpp
      LIBRARIES leat::leat OpenSSL::SSL OpenSSL::Crypto)
    target_sources(net_allocation_test PRIVATE net/tls_allocation_test.cpp)
    target_link_libraries(net_allocation_test PRIVATE OpenSSL::Crypto)
    leat_test(net_tls_contract_test net/tls_contract_test.cpp ${stream_contract}
      LIBRARIES leat::leat OpenSSL::SSL OpenSSL::Crypto)
  endif()
endif()
