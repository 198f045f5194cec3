# What every target of the project shares: warnings, sanitizers, and how a test is declared.

if(LEAT_SANITIZE)
  add_compile_options(-fsanitize=${LEAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEAT_SANITIZE})
endif()

# leat_add_folder(FOLDER): its targets, if it has any.
function(leat_add_folder folder)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    add_subdirectory(${folder})
  endif()
endfunction()

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

# GoogleTest, as Debian built it, or built here where that is for another architecture.
function(leat_need_googletest)
  if(TARGET GTest::gtest_main)
    return()
  endif()
  if(CMAKE_CROSSCOMPILING)
    set(INSTALL_GTEST OFF CACHE BOOL "" FORCE)
    set(BUILD_GMOCK OFF CACHE BOOL "" FORCE)
    add_subdirectory(${LEAT_GOOGLETEST_SOURCES} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
  else()
    find_package(GTest REQUIRED)
  endif()
endfunction()

# leat_test(NAME SOURCE... [LIBRARIES lib...]): one GoogleTest program, run by ctest under NAME and labelled with the
# part of the tree that it is in: `ctest -L library` runs those of leat/, `ctest -L hub` those of hub/. Those of the
# library that need no network are also labelled runtime, and built together as the target runtime_tests. Those of
# leat/net run a second time on io_uring.
function(leat_test name)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  if(NOT LEAT_TESTS)
    return()
  endif()
  leat_need_googletest()
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  leat_strict(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})

  list(GET arg_UNPARSED_ARGUMENTS 0 place)
  cmake_path(ABSOLUTE_PATH place NORMALIZE)
  cmake_path(RELATIVE_PATH place BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
  string(REGEX REPLACE "/.*" "" label "${place}")
  if(label STREQUAL "leat")
    set(label library)
    if(NOT place MATCHES "^leat/net/")
      list(APPEND label runtime)
      if(NOT TARGET runtime_tests)
        add_custom_target(runtime_tests)
      endif()
      add_dependencies(runtime_tests ${name})
    endif()
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${label}")
  if(place MATCHES "^leat/net/")
    leat_test_on_io_uring(${name})
  endif()
endfunction()

# leat_test_on_io_uring(NAME...): tests that leat_test() declared run once more, as NAME_io_uring, on the other poller.
# Where the kernel refuses it they count as skipped. `ctest -L io_uring` runs them alone.
function(leat_test_on_io_uring)
  if(NOT LEAT_TESTS)
    return()
  endif()
  foreach(name IN LISTS ARGN)
    add_test(NAME ${name}_io_uring COMMAND ${name})
    set_tests_properties(${name}_io_uring PROPERTIES
      TIMEOUT 300 LABELS "library;io_uring" ENVIRONMENT "LEAT_POLLER=io_uring"
      SKIP_REGULAR_EXPRESSION "io_uring was asked for, but cannot be had here")
  endforeach()
endfunction()
