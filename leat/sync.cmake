# The part of the library that is built on the runtime's waiters and timers alone.
target_sources(leat PRIVATE
  condition_variable.cpp
  context.cpp
  mutex.cpp
  once.cpp
  semaphore.cpp
  shared_mutex.cpp
  task_group.cpp
  time.cpp
  wait_group.cpp
  wake_chain.cpp)

if(LEAT_TESTS)
  foreach(part condition_variable context context_tree mutex once semaphore shared_mutex task_group time
          timer_channel wait_group)
    leat_test(${part}_test ${part}_test.cpp LIBRARIES leat::leat)
  endforeach()
  leat_test_on_io_uring(time_test timer_channel_test)
endif()
