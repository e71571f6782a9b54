# The warnings of this project, on the interface target postel_warnings. Errors only when
# POSTEL_WERROR is on (presets and CI), never for users.
add_library(postel_warnings INTERFACE)

set(both
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wmissing-declarations -Wold-style-definition -Wredundant-decls -Wundef
  -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
  -Wswitch-enum -Wvla -Wnull-dereference -Wdouble-promotion -Wfloat-equal -Wunused-macros
  -Wdate-time -Wenum-conversion -Wcast-function-type -Wframe-larger-than=65536)
set(gcc
  -Wcast-align=strict -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init
  -Wtrampolines -Wformat-overflow=2 -Wformat-truncation=2 -Wformat-signedness
  -Wstringop-overflow=4 -Warith-conversion -Walloca -Walloc-zero -Wimplicit-fallthrough=5
  -Wshift-overflow=2 -Warray-bounds=2 -Wuse-after-free=3 -Wdangling-pointer=2
  -Wbidi-chars=any -Wunused-const-variable=2 -Winfinite-recursion)
set(clang
  -Wcomma -Wassign-enum -Wconditional-uninitialized -Wloop-analysis -Wshorten-64-to-32
  -Wunreachable-code-aggressive -Wmissing-variable-declarations -Wbad-function-cast
  -Wextra-semi-stmt -Wnewline-eof -Wembedded-directive)

target_compile_options(postel_warnings INTERFACE ${both})
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(postel_warnings INTERFACE ${gcc})
elseif(CMAKE_C_COMPILER_ID MATCHES "Clang")
  target_compile_options(postel_warnings INTERFACE ${clang})
endif()
if(POSTEL_WERROR)
  target_compile_options(postel_warnings INTERFACE -Werror)
endif()
