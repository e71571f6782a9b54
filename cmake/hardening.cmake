# Release hardening, after the OpenSSF guide, as far as Debian 12's compilers have it; and the
# sanitizers, chosen by POSTEL_SANITIZE (a list for -fsanitize=).
add_library(postel_hardening INTERFACE)

if(POSTEL_SANITIZE)
  set(sanitize -fsanitize=${POSTEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_C_COMPILER_ID MATCHES "Clang" AND POSTEL_SANITIZE MATCHES "undefined")
    # Wrap-around of unsigned arithmetic is defined and used by hashes only.
    list(APPEND sanitize -fno-sanitize=unsigned-integer-overflow,unsigned-shift-base)
  endif()
  target_compile_options(postel_hardening INTERFACE ${sanitize})
  target_link_options(postel_hardening INTERFACE ${sanitize})
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(postel_hardening INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
    -fno-strict-overflow -fno-delete-null-pointer-checks)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(postel_hardening INTERFACE -fcf-protection=full)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
      # gcc sets and copies structs of some hundred octets with "rep stos" and "rep movs", which take
      # longer to start than the whole struct takes in plain stores.
      target_compile_options(postel_hardening INTERFACE
        -mmemset-strategy=unrolled_loop:512:noalign,libcall:-1:noalign
        -mmemcpy-strategy=unrolled_loop:512:noalign,libcall:-1:noalign)
    endif()
  endif()
  target_link_options(postel_hardening INTERFACE
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,-z,defs -Wl,--as-needed)
endif()
