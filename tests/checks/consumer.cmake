# cmake -D consumer=... -D source_dir=... -D build_dir=... -D generator=... -D compiler=... -D eigen_dir=... -D libdir=lib
#     -P consumer.cmake
# Installs the library, moves the installed tree, then configures, builds and runs one of the projects in consumers/.
cmake_minimum_required(VERSION 3.23)

set(work ${build_dir}/consumers/${consumer})
file(REMOVE_RECURSE ${work})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${build_dir} --prefix ${work}/staged
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${work}/staged ${work}/prefix)
set(ENV{PKG_CONFIG_PATH}
    "${work}/prefix/share/pkgconfig:${work}/prefix/${libdir}/pkgconfig:$ENV{PKG_CONFIG_PATH}")

execute_process(COMMAND ${CMAKE_COMMAND} -S ${source_dir}/tests/consumers/${consumer} -B ${work}/build -G ${generator}
    -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_PREFIX_PATH=${work}/prefix -D Eigen3_DIR=${eigen_dir}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${work}/build COMMAND_ERROR_IS_FATAL ANY)
foreach(program consumer compiled_consumer weights_consumer)
    if(program STREQUAL "consumer" OR EXISTS ${work}/build/${program})
        execute_process(COMMAND ${work}/build/${program} WORKING_DIRECTORY ${work} COMMAND_ERROR_IS_FATAL ANY)
    endif()
endforeach()
