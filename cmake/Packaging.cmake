# What `cmake --install` adds beside binary and data, and the Debian package that `make package` builds with cpack.
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/floe)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/copyright DESTINATION share/doc/floe)

# The binary writes its own completions, so they always fit it.
foreach(completion "bash;share/bash-completion/completions;floe" "zsh;share/zsh/vendor-completions;_floe"
                   "fish;share/fish/vendor_completions.d;floe.fish")
  list(GET completion 0 shell)
  list(GET completion 1 folder)
  list(GET completion 2 name)
  install(CODE "
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
    file(MAKE_DIRECTORY \"\${folder}\")
    execute_process(COMMAND \"$<TARGET_FILE:floe>\" completion ${shell} OUTPUT_FILE \"\${folder}/${name}\"
                    COMMAND_ERROR_IS_FATAL ANY)")
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME floe)
set(CPACK_PACKAGE_VENDOR "floe")
set(CPACK_PACKAGE_CONTACT "the floe maintainers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compiler for data platforms: checks data products against their platform's rules")
set(CPACK_PACKAGE_DESCRIPTION "A platform team writes the rules of its data platform once and publishes them as a
versioned artifact. floe compiles every data product, a dbt project, against them, refuses what breaks a rule before
anything runs, and executes the rest.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded when it is first needed, so nothing finds it by itself.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
