# What leat offers to tests of programs. Included by leat/CMakeLists.txt.
target_sources(leat PRIVATE
  testing/bubble.cpp
  testing/explore.cpp
  testing/walk.cpp)

if(LEAT_TESTS)
  foreach(part bubble explore schedules walk)
    leat_test(${part}_test testing/${part}_test.cpp LIBRARIES leat::leat)
  endforeach()
  leat_test_on_io_uring(bubble_test)

  # The example of docs/testing.md, as it stands there.
  set(guide ${PROJECT_SOURCE_DIR}/docs/testing.md)
  set(example ${CMAKE_CURRENT_BINARY_DIR}/testing_guide_test.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${guide})
  file(READ ${guide} code)
  string(FIND "${code}" "```cpp" begin)
  string(SUBSTRING "${code}" ${begin} -1 code)
  string(REGEX REPLACE "^```cpp\n" "" code "${code}")
  string(FIND "${code}" "```" end)
  string(SUBSTRING "${code}" 0 ${end} code)
  file(CONFIGURE OUTPUT ${example} CONTENT "${code}" @ONLY)
  leat_test(testing_guide_test ${example} LIBRARIES leat::leat)
  set_tests_properties(testing_guide_test PROPERTIES LABELS "library;runtime")
  add_dependencies(runtime_tests testing_guide_test)
endif()
