# The data files floe finds at run time (src/base/install_paths.h): where they are in a build, where they are installed.
set(FLOE_DEPS_DIR "${CMAKE_SOURCE_DIR}/.deps" CACHE STRING
    "folder with duckdb/ and dbt/ that the binary falls back to; empty: only what is installed beside it")
# One file alone knows the path, so that ccache can share everything else between checkouts.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/base/install_paths.cpp
                            PROPERTIES COMPILE_DEFINITIONS "FLOE_DEPS_DIR=\"${FLOE_DEPS_DIR}\"")

set(floe_data ${CMAKE_SOURCE_DIR}/.deps)
install(FILES ${floe_data}/duckdb/libduckdb.so ${floe_data}/duckdb/LICENSE DESTINATION share/floe/duckdb)
install(DIRECTORY ${floe_data}/curl DESTINATION share/floe OPTIONAL)
install(DIRECTORY ${floe_data}/dbt DESTINATION share/floe)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/base/version.cpp
                            PROPERTIES COMPILE_DEFINITIONS "FLOE_VERSION=\"${PROJECT_VERSION}\"")
