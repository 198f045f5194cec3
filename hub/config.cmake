# The configuration: included by hub/CMakeLists.txt.
find_package(fmt REQUIRED)

add_library(hub_config STATIC ${CMAKE_CURRENT_LIST_DIR}/config.cpp ${CMAKE_CURRENT_LIST_DIR}/config_table.cpp
                              ${CMAKE_CURRENT_LIST_DIR}/config_values.cpp)
leat_strict(hub_config)
target_include_directories(hub_config PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(hub_config PUBLIC hub_chat PRIVATE fmt::fmt)

leat_test(hub_config_test ${CMAKE_CURRENT_LIST_DIR}/config_test.cpp LIBRARIES hub_config)
