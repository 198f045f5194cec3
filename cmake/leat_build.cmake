# What every target of the project shares: warnings, sanitizers, and how a test is declared.

if(LEAT_SANITIZE)
  add_compile_options(-fsanitize=${LEAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEAT_SANITIZE})
endif()

# Warnings are errors here, but never for those who embed the library.
function(leat_strict target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                                           -Woverloaded-virtual)
  if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND LEAT_SANITIZE)
    # g++ 12 reports false positives in libstdc++ once sanitizer checks are woven in.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
                                             -Wno-restrict -Wno-tsan)
  endif()
endfunction()

# leat_test(NAME SOURCE... [LIBRARIES lib...]): one GoogleTest program, run by ctest under NAME.
function(leat_test name)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  if(NOT LEAT_TESTS)
    return()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  leat_strict(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
