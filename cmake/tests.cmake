# Each tests/unit/**/NAME_test.c is one cmocka program and one ctest, named after its path;
# tests/support is linked into all of them, and the fuzz targets' oracles of fuzz/check.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

file(GLOB support CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.c)
add_library(postel_test_support STATIC ${support})
target_include_directories(postel_test_support PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(postel_test_support PUBLIC ${posix}
  POSTEL_SOURCE="${CMAKE_SOURCE_DIR}" POSTEL_BUILD="${CMAKE_BINARY_DIR}")
target_link_libraries(postel_test_support PUBLIC fuzz_check postel_session PkgConfig::CMOCKA
  PRIVATE postel_warnings)
# Some of cmocka's macros end in a semicolon of their own.
target_compile_options(postel_test_support PUBLIC
  $<$<C_COMPILER_ID:Clang>:-Wno-extra-semi-stmt>)

file(GLOB_RECURSE unit_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*_test.c)
foreach(source ${unit_tests})
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR}/tests/unit ${source})
  string(REGEX REPLACE "_test\\.c$" "" path ${path})
  string(REPLACE "/" "." name ${path})
  add_executable(test_${name} ${source})
  target_link_libraries(test_${name} PRIVATE postel_warnings postel_test_support)
  string(REGEX REPLACE "/.*" "" room ${path})
  if(NOT room MATCHES "^(parsers|session)$")
    if(room STREQUAL "scenarios")
      set(room engine)
    elseif(path MATCHES "^fuzz/(abnf|mutator|live)/")
      set(room ${CMAKE_MATCH_1})
    endif()
    if(TARGET postel_${room})
      target_link_libraries(test_${name} PRIVATE postel_${room})
    endif()
  endif()
  add_test(NAME unit.${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300
    LABELS unit)
endforeach()

if(TARGET postel_mutator_afl)
  add_dependencies(test_fuzz.mutator.plugin postel_mutator_afl)
endif()

# Each tests/{e2e,fuzz,lab,lint}/NAME.sh and .py is one ctest; exit code 77 means skipped. lib* is
# shared by them. clang-tidy takes minutes: it has the label tidy, in the preset lint.
foreach(kind e2e fuzz lab lint)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${kind}/*.sh
    ${CMAKE_SOURCE_DIR}/tests/${kind}/*.py)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    set(label ${kind})
    if(name STREQUAL "tidy")
      set(label tidy)
    endif()
    if(NOT name MATCHES "^lib" AND (POSTEL_TIDY OR NOT label STREQUAL "tidy"))
      add_test(NAME ${kind}.${name} COMMAND ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(${kind}.${name} PROPERTIES LABELS ${label} TIMEOUT 1800
        SKIP_RETURN_CODE 77 ENVIRONMENT
        "POSTEL=$<IF:$<TARGET_EXISTS:postel>,${CMAKE_BINARY_DIR}/postel,>;BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
      if(kind MATCHES "^(lab|fuzz)$")
        set_tests_properties(${kind}.${name} PROPERTIES RESOURCE_LOCK ${kind})
      endif()
    endif()
  endforeach()
endforeach()
