# One static library for each room, made of all its .c files. The link lists are the table of
# docs/design.md: what a room may link is written here and nowhere else.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(GSASL REQUIRED IMPORTED_TARGET libgsasl)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(LIBIDN2 REQUIRED IMPORTED_TARGET libidn2)
find_library(PCAP_LIBRARY pcap REQUIRED)

# postel_room(name LINK libraries… [DEFINE definitions…])
function(postel_room name)
  cmake_parse_arguments(room "" "FOLDER" "LINK;DEFINE" ${ARGN})
  if(NOT room_FOLDER)
    set(room_FOLDER ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${room_FOLDER}/*.c)
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.c$")
  string(REPLACE "/" "_" target ${name})
  if(NOT sources)
    add_library(postel_${target} INTERFACE)
    target_link_libraries(postel_${target} INTERFACE ${room_LINK})
    return()
  endif()
  add_library(postel_${target} STATIC ${sources})
  target_include_directories(postel_${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_definitions(postel_${target} PRIVATE ${room_DEFINE})
  target_link_libraries(postel_${target} PUBLIC ${room_LINK}
    PRIVATE postel_warnings PUBLIC postel_hardening)
endfunction()

set(posix _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
postel_room(parsers)
postel_room(session LINK postel_parsers)
postel_room(net LINK postel_parsers PkgConfig::LIBUV OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB
  PkgConfig::GSASL PkgConfig::LIBIDN2 DEFINE ${posix})
postel_room(reports LINK postel_session postel_net PkgConfig::JANSSON PkgConfig::LIBXML2
  DEFINE ${posix})
postel_room(server LINK postel_net postel_session PkgConfig::GSASL DEFINE ${posix})
postel_room(engine FOLDER scenarios/engine LINK postel_net postel_session postel_reports
  PkgConfig::GSASL DEFINE ${posix})
postel_room(trace LINK postel_net postel_session postel_reports ${PCAP_LIBRARY} PkgConfig::JANSSON
  DEFINE ${posix})
postel_room(abnf FOLDER fuzz/abnf LINK postel_session DEFINE ${posix})
postel_room(mutator FOLDER fuzz/mutator LINK postel_abnf DEFINE ${posix})
include(cmake/mutator.cmake)
postel_room(live FOLDER fuzz/live LINK postel_net postel_session postel_mutator DEFINE ${posix})

# The commands are a library, too, so that unit tests can link them.
set(cli_defines ${posix} POSTEL_VERSION="${PROJECT_VERSION}"
  POSTEL_SOURCE_DATA="${CMAKE_SOURCE_DIR}"
  POSTEL_INSTALLED_DATA="${CMAKE_INSTALL_FULL_DATADIR}/postel")
postel_room(cli LINK postel_engine postel_server postel_trace postel_live postel_reports
  DEFINE ${cli_defines})
if(EXISTS ${CMAKE_SOURCE_DIR}/cli/main.c)
  add_executable(postel cli/main.c)
  target_compile_definitions(postel PRIVATE ${cli_defines})
  target_link_libraries(postel PRIVATE postel_cli postel_warnings)
  install(TARGETS postel)
  install(FILES docs/postel.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/postel/scenarios
    PATTERN engine EXCLUDE)
  install(DIRECTORY fuzz/abnf/ DESTINATION ${CMAKE_INSTALL_DATADIR}/postel/fuzz/abnf
    FILES_MATCHING PATTERN "*.abnf")
  install(DIRECTORY trace/quirks DESTINATION ${CMAKE_INSTALL_DATADIR}/postel/trace)
endif()
