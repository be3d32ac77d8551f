# Recorded models as code: `keratin code` writes them, the compiler takes them, the test runs them. Of ../shared every tenth one; all of them with
# KERATIN_ALL_API_CASES.
option(KERATIN_ALL_API_CASES "Compile the code of all recorded models in the tests" OFF)
set(api_directory ${PROJECT_SOURCE_DIR}/../shared/conformance/layers)
set(api_every 10)
if(KERATIN_ALL_API_CASES)
  set(api_every 1)
endif()
if(NOT EXISTS ${api_directory}/cases.json)
  set(api_directory ${PROJECT_SOURCE_DIR}/tests/data/cases)
  set(api_every 1)
endif()
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/api_refused.txt api_refused REGEX "^[a-z]")
file(GLOB api_files RELATIVE ${api_directory} ${api_directory}/*.keras)
set(api_count 0)
set(api_made 0)
foreach(file IN LISTS api_files)
  string(REGEX REPLACE "\\.keras$" "" name ${file})
  file(SIZE ${api_directory}/${file} size)
  if(name MATCHES "^reject_" OR NOT EXISTS ${api_directory}/${name}.npz OR size GREATER 200000 OR name IN_LIST api_refused)
    continue()
  endif()
  math(EXPR skipped "${api_count} % ${api_every}")
  math(EXPR api_count "${api_count} + 1")
  if(skipped EQUAL 0)
    math(EXPR part "${api_made} / 40")
    math(EXPR api_made "${api_made} + 1")
    list(APPEND api_part_${part} ${name})
    set(api_parts ${part})
  endif()
endforeach()
set(api_sources)
set(api_declarations "")
set(api_calls "")
foreach(part RANGE ${api_parts})
  list(JOIN api_part_${part} "," names)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/api_cases_${part}.cpp)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DTOOL=$<TARGET_FILE:keratin> -DDIRECTORY=${api_directory} -DNAMES=${names} -DPART=${part} -DOUTPUT=${source}
      -P ${CMAKE_CURRENT_LIST_DIR}/write_api_cases.cmake
    DEPENDS keratin ${CMAKE_CURRENT_LIST_DIR}/write_api_cases.cmake VERBATIM)
  list(APPEND api_sources ${source})
  string(APPEND api_declarations "void add_api_cases_${part}(std::vector<ApiCase>& cases);\n")
  string(APPEND api_calls "    add_api_cases_${part}(list);\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/api_cases.cpp CONTENT "#include \"tests/compiler/functional/api_cases.h\"

${api_declarations}
const std::vector<ApiCase>& api_cases() {
  static const std::vector<ApiCase> cases = [] {
    std::vector<ApiCase> list;
${api_calls}    return list;
  }();
  return cases;
}
" @ONLY)
keratin_test(compiler_api_code_test functional/api_code_test.cpp functional/recorded.cpp ${CMAKE_CURRENT_BINARY_DIR}/api_cases.cpp ${api_sources})
target_link_libraries(compiler_api_code_test PRIVATE keratin_functional)
target_compile_definitions(compiler_api_code_test PRIVATE KERATIN_API_CASES="${api_directory}")
