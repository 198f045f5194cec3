# What leat offers to tests of programs. Included by leat/CMakeLists.txt.
target_sources(leat PRIVATE
  testing/bubble.cpp
  testing/explore.cpp
  testing/walk.cpp)

if(LEAT_TESTS)
  foreach(part bubble explore walk)
    leat_test(${part}_test testing/${part}_test.cpp LIBRARIES leat::leat)
  endforeach()
endif()
