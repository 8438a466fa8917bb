# cmake -D program=PROGRAM -D expected=FILE -P compare.cmake: the program succeeds and prints what the file holds.
execute_process(COMMAND ${program} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${program} ended with ${status}:\n${printed}")
endif()
file(READ ${expected} wanted)
if(NOT printed STREQUAL wanted)
    message(FATAL_ERROR "${program} does not print what ${expected} holds. To accept what it prints:\n"
        "  ${program} > ${expected}\n${printed}")
endif()
