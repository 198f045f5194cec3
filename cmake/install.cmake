# Installing the library: headers, archive, CMake package (find_package(leat CONFIG)) and pkg-config file.
# Included by the root CMakeLists.txt once the target leat exists.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Headers of the runtime stay inside, but for those that templates in public headers must see. script/lint holds the
# sources to the same list.
file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/installed_runtime_headers.txt runtime_headers REGEX "^leat/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS cmake/installed_runtime_headers.txt)

install(TARGETS leat EXPORT leat_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY leat/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat COMPONENT library
        FILES_MATCHING PATTERN "*.hpp" PATTERN runtime EXCLUDE PATTERN "*_test.hpp" EXCLUDE)
foreach(header IN LISTS runtime_headers)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT library)
endforeach()

# Programs carry a copy of it in themselves; this one is to be sourced where gdb may not load that.
install(FILES leat/gdb/leat-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/leat COMPONENT library)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
install(EXPORT leat_targets NAMESPACE leat:: DESTINATION ${package_folder} COMPONENT library)
configure_package_config_file(cmake/leat_config.cmake.in ${PROJECT_BINARY_DIR}/leat-config.cmake
                              INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/leat-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/leat-config.cmake ${PROJECT_BINARY_DIR}/leat-config-version.cmake
        DESTINATION ${package_folder} COMPONENT library)

# A moved tree keeps working: the prefix is told from where the .pc file lies.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE prefix_from_pc)
if(LEAT_LIBDW)
  string(APPEND private_libraries " -ldw")  # the archive is static, so whoever links it links this too
endif()
if(LEAT_CARES_FOUND)
  string(APPEND private_libraries " -lcares")
endif()
if(LEAT_TLS)
  string(APPEND private_libraries " -lssl -lcrypto")
endif()
configure_file(cmake/leat.pc.in ${PROJECT_BINARY_DIR}/leat.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/leat.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)

if(LEAT_PROGRAM AND TARGET leat_program)
  install(TARGETS leat_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
