# cmake -D readme=README.md -D program=readme.cpp -P readme.cmake
# Makes one program of the README's C++ blocks, each in a scope of its own, for a test to compile and run.
cmake_minimum_required(VERSION 3.23)

file(READ ${readme} text)
string(REPLACE ";" "\\;" text "${text}")
string(REPLACE "[" "<:" text "${text}")  # brackets would join list items
string(REPLACE "]" ":>" text "${text}")
string(REGEX MATCHALL "```cpp\n([^`]*)```" blocks "${text}")
set(body "")
foreach(block IN LISTS blocks)
    string(REGEX REPLACE "```(cpp)?\n?" "" block "${block}")
    string(REGEX REPLACE "#include[^\n]*\n" "" block "${block}")
    string(APPEND body "    {\n${block}    }\n")
endforeach()
if(body STREQUAL "")
    message(FATAL_ERROR "${readme} has no C++ block")
endif()
string(REPLACE "<:" "[" body "${body}")
string(REPLACE ":>" "]" body "${body}")
file(CONFIGURE OUTPUT ${program} @ONLY CONTENT "#include <upconv/upconv.hpp>\n\nint main() {\n${body}}\n")
