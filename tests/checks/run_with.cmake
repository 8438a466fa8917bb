# Builds a test with another compiler and runs it: cmake -D compiler= -D source= -D include= -D program= -P
# run_with.cmake
execute_process(
    COMMAND ${compiler} -std=c++20 -O2 -I${include} ${source} -o ${program} -lgtest -lgtest_main -lpthread
    RESULT_VARIABLE failed)
if(NOT failed)
    execute_process(COMMAND ${program} --gtest_brief=1 RESULT_VARIABLE failed)
endif()
if(failed)
    message(FATAL_ERROR "${source} fails with ${compiler}")
endif()
