# A compiler that fails, and one that is not there: status 3, one line that names the model, the stage and the compiler; no results are left.
# cmake -DTOOL=keratin -DMODEL=m.keras -DINPUTS=m.npy -DDIRECTORY=scratch -P failing_compiler.cmake
set(results ${DIRECTORY}/results.npz)

function(expect_failure compiler wanted)
  file(REMOVE_RECURSE ${DIRECTORY})
  file(MAKE_DIRECTORY ${DIRECTORY})
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env KERATIN_BUILD=system "CXX=${compiler}" "KERATIN_CACHE_DIR=${DIRECTORY}/cache" ${TOOL} predict ${MODEL} --inputs ${INPUTS} --outputs ${results}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT status EQUAL 3)
    message(FATAL_ERROR "CXX=${compiler}: status ${status} instead of 3: ${errors}")
  endif()
  if(NOT errors MATCHES "^error: [^\n]*batch_normalization.keras: building the emitted code: ${wanted}")
    message(FATAL_ERROR "CXX=${compiler}: the message is: ${errors}")
  endif()
  file(GLOB left ${DIRECTORY}/*.npz ${DIRECTORY}/cache/*)
  if(left OR NOT output STREQUAL "")
    message(FATAL_ERROR "CXX=${compiler}: there remain ${left} ${output}")
  endif()
endfunction()

expect_failure(/bin/false "the compiler '/bin/false' failed on emitted code")
expect_failure("/bin/false -m64" "the compiler '/bin/false -m64' failed on emitted code")
expect_failure(no-such-compiler "the compiler 'no-such-compiler' failed on emitted code:\nno-such-compiler: No such file or directory")
file(REMOVE_RECURSE ${DIRECTORY})
