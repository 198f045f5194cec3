# The server itself: included by hub/CMakeLists.txt.
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)

add_library(hub_server STATIC
  ${CMAKE_CURRENT_LIST_DIR}/admission.cpp
  ${CMAKE_CURRENT_LIST_DIR}/chat_service.cpp
  ${CMAKE_CURRENT_LIST_DIR}/delivery.cpp
  ${CMAKE_CURRENT_LIST_DIR}/history_page.cpp
  ${CMAKE_CURRENT_LIST_DIR}/history_server.cpp
  ${CMAKE_CURRENT_LIST_DIR}/first_bytes.cpp
  ${CMAKE_CURRENT_LIST_DIR}/irc/flood_gate.cpp
  ${CMAKE_CURRENT_LIST_DIR}/irc/session.cpp
  ${CMAKE_CURRENT_LIST_DIR}/room_log.cpp
  ${CMAKE_CURRENT_LIST_DIR}/server.cpp)
leat_strict(hub_server)
target_compile_definitions(hub_server PRIVATE LEAT_VERSION="${PROJECT_VERSION}")
target_link_libraries(hub_server PUBLIC leat::leat hub_chat hub_config hub_irc hub_store PRIVATE fmt::fmt spdlog::spdlog)

leat_test(hub_server_test
  ${CMAKE_CURRENT_LIST_DIR}/admission_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/first_bytes_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/history_page_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/irc/flood_gate_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/log_clock_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/room_log_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/server_test.cpp
  LIBRARIES hub_server fmt::fmt)
