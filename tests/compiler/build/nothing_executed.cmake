# A prediction by Clang in the process on a machine without a compiler: no program on PATH, none started, no file written but the cache's.
# cmake -DTOOL=keratin -DPRELOAD=refuse_programs.so -DCASES=dir -DDIRECTORY=scratch -P nothing_executed.cmake
function(run wanted build)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env PATH=/nonexistent CXX=/nonexistent/c++ HOME=${DIRECTORY}/home TMPDIR=${DIRECTORY}/tmp KERATIN_BUILD=${build} KERATIN_CACHE_DIR=${DIRECTORY}/allowed/cache
      KERATIN_TEST_WRITES=${DIRECTORY}/allowed/ LD_PRELOAD=${PRELOAD} ${TOOL} ${ARGN}
    WORKING_DIRECTORY ${DIRECTORY}/work RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status STREQUAL wanted)
    message(FATAL_ERROR "${ARGN}: ${status} instead of ${wanted}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${DIRECTORY})
file(MAKE_DIRECTORY ${DIRECTORY}/home ${DIRECTORY}/tmp ${DIRECTORY}/work ${DIRECTORY}/allowed)
set(model ${CASES}/conv2d_transpose_same.keras)

# The guards work: the system's compiler is refused, and so are results beside the allowed place.
run(1 system bench ${model} --seconds 0.01)
if(NOT output MATCHES "refused: posix_spawnp /nonexistent/c")
  message(FATAL_ERROR "the system's compiler was not refused: ${output}")
endif()
file(REMOVE_RECURSE ${DIRECTORY}/allowed/cache)
run(1 clang weights ${model} --outputs ${DIRECTORY}/work/w.npz)
if(NOT output MATCHES "refused: writing")
  message(FATAL_ERROR "writing was not refused: ${output}")
endif()

# Cold, then from the cache; the values are those that Keras recorded.
foreach(repeat cold kept)
  run(0 clang check --cases ${CASES} --kind forward --filter "^conv2d_transpose_same$")
  if(NOT output MATCHES "1 passed, 0 failed")
    message(FATAL_ERROR "${repeat}: ${output}")
  endif()
endforeach()
run(0 clang bench ${model} --seconds 0.01)
file(GLOB_RECURSE written LIST_DIRECTORIES false RELATIVE ${DIRECTORY} ${DIRECTORY}/*)
foreach(file IN LISTS written)
  if(NOT file MATCHES "^allowed/cache/[0-9a-f]+\\.o$")
    message(FATAL_ERROR "${file} was written")
  endif()
endforeach()
list(LENGTH written entries)
if(NOT entries EQUAL 2)
  message(FATAL_ERROR "the cache has ${entries} entries: ${written}")
endif()
file(REMOVE_RECURSE ${DIRECTORY})
