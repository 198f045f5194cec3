# Runs PROGRAM with SETTING and CASE, and looks at how it ends:
#   SAYS given: it must fail, and each regular expression of the list SAYS must match what it said;
#   otherwise:  it must succeed and say nothing.
execute_process(COMMAND ${PROGRAM} ${SETTING} ${CASE} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
set(ending "${PROGRAM} ${SETTING} ${CASE} ended with ${result} and said:\n${said}")
if(SAYS)
  if(result EQUAL 0)
    message(FATAL_ERROR "the fault went unnoticed: ${ending}")
  endif()
  foreach(expected IN LISTS SAYS)
    if(NOT said MATCHES "${expected}")
      message(FATAL_ERROR "nothing matches \"${expected}\": ${ending}")
    endif()
  endforeach()
elseif(NOT result EQUAL 0 OR NOT said STREQUAL "")
  message(FATAL_ERROR "a program without a fault was not left in peace: ${ending}")
endif()
