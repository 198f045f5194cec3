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

# leat_test(NAME SOURCE... [LIBRARIES lib...]): one GoogleTest program, run by ctest under NAME and labelled with the
# part of the tree that it is in: `ctest -L library` runs those of leat/, `ctest -L hub` those of hub/.
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

  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE place)
  string(REGEX REPLACE "/.*" "" label "${place}")
  string(REGEX REPLACE "^leat$" "library" label "${label}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS ${label})
endfunction()
