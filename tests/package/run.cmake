# Called by ctest: gets the library by WAY, builds a program against it, and expects its output.

function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed with ${code}: ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(build_consumer source)
  must(${CMAKE_COMMAND} -S ${source} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
       ${ARGN})
  must(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
endfunction()

# Installs the library afresh and moves the tree, for nothing in it may depend on where it was built or first put.
function(install_library)
  file(REMOVE_RECURSE ${WORK})
  must(${CMAKE_COMMAND} --install ${BUILD} --component library --prefix ${WORK}/first)
  file(RENAME ${WORK}/first ${WORK}/prefix)
endfunction()

set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)

if(WAY STREQUAL "find_package")
  install_library()
  build_consumer(${consumer} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DLEAT_WANTED=${VERSION})
elseif(WAY STREQUAL "pkg_config")
  install_library()
  set(ENV{PKG_CONFIG_PATH} ${WORK}/prefix/${LIBDIR}/pkgconfig)
  must(pkg-config --cflags --libs --static leat)
  separate_arguments(flags UNIX_COMMAND "${output}")
  file(MAKE_DIRECTORY ${WORK}/build)
  must(${CXX} ${consumer}/main.cpp -o ${WORK}/build/consumer ${flags})
elseif(WAY STREQUAL "fetch_content")
  # Compiles the whole library once more: what an earlier run compiled is kept.
  build_consumer(${CMAKE_CURRENT_LIST_DIR}/embedder -DFETCHCONTENT_SOURCE_DIR_LEAT=${SOURCE})
endif()

must(${WORK}/build/consumer)
if(NOT output STREQUAL "4950\n")
  message(FATAL_ERROR "the consumer printed '${output}' and not 4950")
endif()
