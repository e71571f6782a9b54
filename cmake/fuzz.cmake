# Each fuzz/targets/NAME.c is one target, built as a stand-alone replayer (always, for the corpus
# tests) and as a libFuzzer target (POSTEL_FUZZ, with clang). What traces comparisons costs two
# thirds of the executions and finds little that the dictionaries of fuzz/dict do not: the preset
# leaves it out.
if(POSTEL_FUZZ)
  enable_testing()
endif()
file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/targets/*.c)
file(GLOB fuzz_support CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/check/*.c)
if(DEFINED ENV{LIB_FUZZING_ENGINE})
  # OSS-Fuzz and ClusterFuzzLite: engines are written in C++.
  separate_arguments(engine UNIX_COMMAND "$ENV{LIB_FUZZING_ENGINE}")
  set(CMAKE_C_LINK_EXECUTABLE
    "$ENV{CXX} $ENV{CXXFLAGS} <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
else()
  set(engine -fsanitize=fuzzer)
endif()

function(fuzz_target name source)
  add_executable(fuzz_${name} ${source} ${fuzz_support})
  target_compile_definitions(fuzz_${name} PRIVATE ${posix})
  target_link_libraries(fuzz_${name} PRIVATE postel_session postel_server postel_trace
    postel_mutator postel_warnings ${engine})
  target_link_options(fuzz_${name} PRIVATE LINKER:--as-needed)
endfunction()

foreach(source ${targets})
  get_filename_component(name ${source} NAME_WE)
  if(BUILD_TESTING)
    add_executable(replay_${name} ${source} ${fuzz_support} fuzz/standalone_main.c)
    target_compile_definitions(replay_${name} PRIVATE ${posix})
    target_link_libraries(replay_${name} PRIVATE postel_session postel_server postel_trace
      postel_mutator postel_warnings)
    add_test(NAME corpus.${name} COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(corpus.${name} PROPERTIES LABELS corpus)
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
  add_executable(negative ${negative} ${fuzz_support})
  target_compile_definitions(negative PRIVATE ${posix} POSTEL_SOURCE="${CMAKE_SOURCE_DIR}")
  target_link_libraries(negative PRIVATE postel_session postel_server postel_trace postel_abnf
    postel_warnings)
  add_test(NAME corpus.negative COMMAND negative)
  set_tests_properties(corpus.negative PROPERTIES LABELS corpus)
endif()
