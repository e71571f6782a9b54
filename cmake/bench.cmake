# The program behind tests/bench/parsers. It counts glibc's allocations, so sanitizers do not go
# with it; script/bench builds the release preset.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT POSTEL_SANITIZE)
  file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/speed/*.c)
  list(FILTER bench_sources EXCLUDE REGEX "/peer_")
  add_executable(bench_speed ${bench_sources})
  target_compile_definitions(bench_speed PRIVATE ${posix})
  target_link_libraries(bench_speed PRIVATE postel_session postel_net postel_warnings
    ${CMAKE_DL_LIBS})
endif()
