# cmake -D source=case.cpp -P compile_fail.cmake -- compiler flags...
# Passes when the compiler refuses the source with one error, which stands in the source itself, and its output matches
# the regular expression of the source's first line: // expect: <regex>
cmake_minimum_required(VERSION 3.23)

file(STRINGS ${source} first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// expect: (.+)$")
    message(FATAL_ERROR "${source}: the first line must be '// expect: <regex>'")
endif()
set(expected "${CMAKE_MATCH_1}")

set(command "")
set(after_dashes FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(after_dashes)
        list(APPEND command "${CMAKE_ARGV${i}}")
    elseif(CMAKE_ARGV${i} STREQUAL "--")
        set(after_dashes TRUE)
    endif()
endforeach()

set(ENV{LC_ALL} C)
execute_process(COMMAND ${command} ${source} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX REPLACE "[][;]" " " lines "${output}")  # what a CMake list would trip over
string(REGEX MATCHALL "[^\n]* error: [^\n]*" errors "${lines}")
list(LENGTH errors count)

if(result EQUAL 0)
    message(FATAL_ERROR "it compiles and must not")
elseif(NOT output MATCHES "${expected}")
    message("${output}")
    message(FATAL_ERROR "the compiler's output has no '${expected}'")
elseif(NOT count EQUAL 1 OR NOT errors MATCHES "compile_fail/")
    message("${output}")
    message(FATAL_ERROR "${count} errors, expected one, in the user's own file")
endif()
