# cmake -DOUT=FILE.c "-DFILES=A;B" -P cmake/embed.cmake: writes the files as C, for
# fuzz/mutator/embedded.h.
set(table "")
set(text "#include \"fuzz/mutator/embedded.h\"\n")
set(index 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} octets HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
    "\\1\n" octets "${octets}")
  string(APPEND text "static const uint8_t file${index}[] = {\n${octets}\n};\n")
  string(APPEND table "    {\"${name}\", {file${index}, sizeof file${index}}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND text "const struct embedded_file embedded_files[] = {\n${table}    {NULL, {NULL, 0}},\n};\n")
file(WRITE ${OUT} "${text}")
