# Tests of what people look into a program with. Included by leat/CMakeLists.txt.
if(NOT LEAT_TESTS)
  return()
endif()

leat_test(stats_test stats_test.cpp LIBRARIES leat::leat)
leat_test_on_io_uring(stats_test)

# Exported symbols have names even without debug information.
foreach(part dump sigquit)
  leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
  set_target_properties(${part}_test PROPERTIES ENABLE_EXPORTS ON)
  target_compile_definitions(${part}_test PRIVATE $<$<BOOL:${LEAT_LIBDW}>:LEAT_HAS_LIBDW>)
endforeach()

# What only a debug build does, and not with sanitizers.
if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT LEAT_SANITIZE)
  foreach(part held_mutexes hogs)
    leat_test(${part}_test runtime/${part}_test.cpp LIBRARIES leat::leat)
    set_target_properties(${part}_test PROPERTIES ENABLE_EXPORTS ON)
  endforeach()
endif()
