# The lock-free parts and how goroutines stop, sleep and wake: models of them, of which every interleaving is explored,
# and the run queue's own code under Relacy. Included by leat/CMakeLists.txt.
if(NOT LEAT_TESTS)
  return()
endif()

foreach(part mutex parking run_queue select sleeping timed_wait)
  leat_test(${part}_model_test runtime/${part}_model_test.cpp LIBRARIES leat::leat)
endforeach()
leat_test(newborns_test runtime/newborns_test.cpp LIBRARIES leat::leat)
leat_test(runtime_stress_test runtime/runtime_stress_test.cpp LIBRARIES leat::leat)
leat_test_on_io_uring(runtime_stress_test)

# Relacy jumps between stacks of its own, which sanitizers do not know.
find_path(LEAT_RELACY relacy/relacy.hpp)
if(LEAT_RELACY AND NOT LEAT_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  leat_test(run_queue_orders_test runtime/run_queue_orders_test.cpp LIBRARIES leat::leat)
  target_include_directories(run_queue_orders_test SYSTEM PRIVATE ${LEAT_RELACY})
else()
  message(STATUS "run_queue_orders_test is not built: it needs Relacy (Debian: relacy-dev), and no sanitizer")
endif()
