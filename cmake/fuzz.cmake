# Each fuzz/targets/NAME.c is one target, built as a stand-alone replayer (always, for the corpus
# tests) and as a libFuzzer target (POSTEL_FUZZ, with clang). What traces comparisons costs two
# thirds of the executions and finds little that the dictionaries of fuzz/dict do not: the preset
# leaves it out.
if(POSTEL_FUZZ)
  enable_testing()
endif()
file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/targets/*.c)
file(GLOB checks CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/check/*.c)
# A library, so that a target takes only the oracles that it uses, and not the server behind one: what
# is linked is looked through after each execution.
add_library(fuzz_check STATIC ${checks})
target_compile_definitions(fuzz_check PRIVATE ${posix})
# Which way an oracle takes is no news.
if(POSTEL_FUZZ AND CMAKE_C_COMPILER_ID MATCHES "Clang")
  target_compile_options(fuzz_check PRIVATE -fno-sanitize-coverage=inline-8bit-counters,pc-table)
endif()
target_link_libraries(fuzz_check PRIVATE postel_session postel_warnings)
if(DEFINED ENV{LIB_FUZZING_ENGINE})
  # OSS-Fuzz and ClusterFuzzLite: engines are written in C++.
  separate_arguments(engine UNIX_COMMAND "$ENV{LIB_FUZZING_ENGINE}")
  set(CMAKE_C_LINK_EXECUTABLE
    "$ENV{CXX} $ENV{CXXFLAGS} <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
else()
  set(engine -fsanitize=fuzzer)
endif()

# What a target is about says its name.
function(fuzz_program program source)
  set(rooms postel_session)
  if(source MATCHES "/server_")
    set(rooms postel_server)
  elseif(source MATCHES "/trace_")
    set(rooms postel_trace)
  elseif(source MATCHES "/(mutator|abnf_)")
    set(rooms postel_mutator)
  endif()
  add_executable(${program} ${source} ${ARGN})
  target_compile_definitions(${program} PRIVATE ${posix})
  target_link_libraries(${program} PRIVATE fuzz_check ${rooms} postel_warnings)
endfunction()

function(fuzz_target name source)
  fuzz_program(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ${engine})
  target_link_options(fuzz_${name} PRIVATE LINKER:--as-needed)
endfunction()

foreach(source ${targets})
  get_filename_component(name ${source} NAME_WE)
  if(BUILD_TESTING)
    fuzz_program(replay_${name} ${source} fuzz/standalone_main.c)
    add_test(NAME corpus.${name} COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(corpus.${name} PROPERTIES LABELS corpus)
  endif()
  # MemorySanitizer has to see all code: what libraries write counts as not initialised.
  if(POSTEL_SANITIZE STREQUAL "memory" AND name MATCHES "^(server_|trace_pcap)")
    continue()
  endif()
  if(POSTEL_FUZZ)
    fuzz_target(${name} ${source})
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} -max_total_time=10 -timeout=10
      -print_final_stats=1 ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz)
  endif()
endforeach()

# A target with a planted bug, for the test of script/fuzz.
if(POSTEL_FUZZ)
  fuzz_target(planted fuzz/negative/target/planted.c)
  set_target_properties(fuzz_planted PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# The planted bugs that the oracles must catch.
if(BUILD_TESTING)
  file(GLOB negative CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/negative/*.c)
  add_executable(negative ${negative})
  target_compile_definitions(negative PRIVATE ${posix} POSTEL_SOURCE="${CMAKE_SOURCE_DIR}")
  target_link_libraries(negative PRIVATE fuzz_check postel_server postel_trace postel_abnf
    postel_warnings)
  add_test(NAME corpus.negative COMMAND negative)
  set_tests_properties(corpus.negative PROPERTIES LABELS corpus)
endif()
