# cmake -D readme=README.md -D program=readme.cpp -D weights=1 -P readme.cmake
# Makes one program of the README's C++ blocks, each in a scope of its own, for a test to compile and run; without
# the libraries of weights.hpp (weights=0) those that include it are left out.
cmake_minimum_required(VERSION 3.23)

file(READ ${readme} text)
string(REPLACE ";" "\\;" text "${text}")
string(REPLACE "[" "<:" text "${text}")  # brackets would join list items
string(REPLACE "]" ":>" text "${text}")
string(REGEX MATCHALL "```cpp\n([^`]*)```" blocks "${text}")
set(body "")
set(header upconv)
if(weights)
    set(header weights)
endif()
foreach(block IN LISTS blocks)
    string(REGEX REPLACE "```(cpp)?\n?" "" block "${block}")
    if(NOT weights AND block MATCHES "upconv/weights")
        continue()
    endif()
    string(REGEX REPLACE "#include[^\n]*\n" "" block "${block}")
    string(APPEND body "    {\n${block}    }\n")
endforeach()
if(body STREQUAL "")
    message(FATAL_ERROR "${readme} has no C++ block")
endif()
string(REPLACE "<:" "[" body "${body}")
string(REPLACE ":>" "]" body "${body}")
file(CONFIGURE OUTPUT ${program} @ONLY CONTENT "#include <iostream>\n#include <upconv/upconv.hpp>\n#include <upconv/${header}.hpp>\n\nint main() {\n${body}}\n")
