# cmake --install: the tool, the runtime's headers and the package that find_package(Keratin) reads.
include(CMakePackageConfigHelpers)

install(TARGETS keratin keratin_runtime EXPORT KeratinTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET keratin_clang)
  install(TARGETS keratin_clang LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/keratin)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/keratin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The library of the functional API, for find_package(Keratin COMPONENTS compiler).
set(keratin_api ${CMAKE_INSTALL_INCLUDEDIR}/keratin-compiler)
install(TARGETS keratin_functional keratin_compiler keratin_codegen keratin_ir EXPORT KeratinCompilerTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${keratin_api})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/compiler/functional/keratin DESTINATION ${keratin_api} FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES ${PROJECT_BINARY_DIR}/generated/functional/keratin/layers.h DESTINATION ${keratin_api}/keratin)
install(FILES ${PROJECT_SOURCE_DIR}/compiler/json/json.h DESTINATION ${keratin_api}/compiler/json)
install(FILES ${PROJECT_SOURCE_DIR}/ir/support/result.h DESTINATION ${keratin_api}/ir/support)
install(EXPORT KeratinCompilerTargets NAMESPACE Keratin:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Keratin)

install(EXPORT KeratinTargets NAMESPACE Keratin:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Keratin)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/KeratinConfig.cmake.in ${PROJECT_BINARY_DIR}/KeratinConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Keratin)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/KeratinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/KeratinConfig.cmake ${PROJECT_BINARY_DIR}/KeratinConfigVersion.cmake cmake/KeratinAddModel.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Keratin)
