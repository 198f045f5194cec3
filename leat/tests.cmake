# Tests of channels, select, goroutines and what is inside the runtime. Included by leat/CMakeLists.txt.
if(NOT LEAT_TESTS)
  return()
endif()

foreach(part chan chan_allocation chan_lifetime chan_programs chan_stress chan_table chan_values
        select select_lifetime select_stress go go_progress exception goroutine_local blocking file input signal)
  leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
endforeach()
foreach(part run_queue timer_heap stack waiter descriptor descriptor_shared poller)
  leat_test(${part}_test runtime/${part}_test.cpp LIBRARIES leat::leat)
endforeach()
leat_test_on_io_uring(blocking_test descriptor_test descriptor_shared_test go_test go_progress_test signal_test)

# How programs end: what their reports say depends on what the library was built with. Exported symbols have names even
# without debug information. An emulator's own threads look as if they might wake a goroutine, so that none is deadlocked.
foreach(part crash deadlock)
  if(part STREQUAL "deadlock" AND CMAKE_CROSSCOMPILING)
    continue()
  endif()
  leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
  set_target_properties(${part}_test PROPERTIES ENABLE_EXPORTS ON)
  target_compile_definitions(${part}_test PRIVATE $<$<BOOL:${LEAT_LIBDW}>:LEAT_HAS_LIBDW>
                                                  $<$<BOOL:${CMAKE_CROSSCOMPILING}>:LEAT_EMULATED>)
  leat_test_on_io_uring(${part}_test)
endforeach()

# Checks by scripts: what must not compile, and that every behaviour of the list has its test. An emulator runs none.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME misuse_test COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/refused/misuse_test.py
                                    ${PROJECT_SOURCE_DIR} ${CMAKE_CXX_COMPILER})
  add_test(NAME leat_go_behaviours COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/go_behaviours_test.py
                                           ${PROJECT_SOURCE_DIR})
  set_tests_properties(misuse_test leat_go_behaviours PROPERTIES TIMEOUT 300 LABELS "library;runtime")
endif()
