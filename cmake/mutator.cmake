# The grammars stand in the mutator as octets, so that it finds them wherever it is loaded.
file(GLOB grammars CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/abnf/*.abnf)
set(embedded ${CMAKE_BINARY_DIR}/embedded_files.c)
add_custom_command(OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DOUT=${embedded} "-DFILES=${grammars}"
    -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${grammars} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
target_sources(postel_mutator PRIVATE ${embedded})

# What other programs load or link: libpostel-mutator.so for AFL++, libpostel-mutator.a for libFuzzer.
# It is compiled once more, without sanitizers and coverage, which are for the program under test;
# and it is one object whose only global names are those of the header, so that it cannot clash with
# that program's.
file(GLOB mutator_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/mutator/*.c
  ${CMAKE_SOURCE_DIR}/fuzz/abnf/*.c)
list(FILTER mutator_sources EXCLUDE REGEX "/(agree|afl|libfuzzer)\\.c$")
list(APPEND mutator_sources ${CMAKE_SOURCE_DIR}/parsers/core/out.c ${embedded})
add_library(mutator_parts OBJECT ${mutator_sources})
# clang-tidy looks at each file once, in its room's library.
set_target_properties(mutator_parts PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
add_library(mutator_afl OBJECT fuzz/mutator/afl.c)
add_library(mutator_libfuzzer OBJECT fuzz/mutator/libfuzzer.c)
foreach(part mutator_parts mutator_afl mutator_libfuzzer)
  target_include_directories(${part} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${part} PRIVATE ${posix})
  target_compile_options(${part} PRIVATE -O2 -fPIC -fno-sanitize=all -fvisibility=hidden)
  target_link_libraries(${part} PRIVATE postel_warnings)
endforeach()

set(prelinked ${CMAKE_BINARY_DIR}/postel-mutator.o)
add_custom_command(OUTPUT ${prelinked}
  COMMAND ${CMAKE_LINKER} -r -o ${prelinked} $<TARGET_OBJECTS:mutator_parts>
    $<TARGET_OBJECTS:mutator_libfuzzer>
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=postel_mutator_*
    --keep-global-symbol=LLVMFuzzer* ${prelinked}
  DEPENDS mutator_parts mutator_libfuzzer $<TARGET_OBJECTS:mutator_parts>
    $<TARGET_OBJECTS:mutator_libfuzzer>
  COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${prelinked} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
add_library(postel-mutator STATIC ${prelinked})
set_target_properties(postel-mutator PROPERTIES LINKER_LANGUAGE C)
install(TARGETS postel-mutator)
install(FILES fuzz/mutator/postel_mutator.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# afl-fuzz itself is not instrumented: what it loads must not be, either.
if(NOT CMAKE_C_COMPILER MATCHES "afl-")
  add_library(postel_mutator_afl SHARED $<TARGET_OBJECTS:mutator_parts>
    $<TARGET_OBJECTS:mutator_afl>)
  set_target_properties(postel_mutator_afl PROPERTIES OUTPUT_NAME postel-mutator
    LINKER_LANGUAGE C LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS postel_mutator_afl)
endif()
