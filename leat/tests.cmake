# Tests of channels, select, goroutines and what is inside the runtime. Included by leat/CMakeLists.txt.
if(NOT LEAT_TESTS)
  return()
endif()

foreach(part chan chan_values chan_stress select select_stress go exception goroutine_local blocking
        signal)
  leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
endforeach()
foreach(part run_queue timer_heap stack waiter descriptor)
  leat_test(${part}_test runtime/${part}_test.cpp LIBRARIES leat::leat)
endforeach()

# How programs end: what their reports say depends on what the library was built with.
foreach(part crash deadlock)
  leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
  target_compile_definitions(${part}_test PRIVATE $<$<BOOL:${LEAT_LIBDW}>:LEAT_HAS_LIBDW>
                                                  $<$<BOOL:${CMAKE_CROSSCOMPILING_EMULATOR}>:LEAT_EMULATED>)
endforeach()
