# Compiles files into the binary:
#
#   embed_files(rtcroom_admin ConsoleFiles daemon/admin/console_files.h
#     /console/=${CMAKE_CURRENT_SOURCE_DIR}/console/assets)
#
# adds a source to the target that defines `std::span<const EmbeddedFile> rtcroom::ConsoleFiles()`, as
# that header declares it. Each further argument is a path of URLs, and what is served there: one
# file, or the pages, styles, scripts and pictures of a folder and of those in it, without node_modules.
set(embed_files_script ${CMAKE_CURRENT_LIST_FILE})

function(embed_files target function header)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${function}.cc)
  set(files "")
  foreach(mount IN LISTS ARGN)
    string(REGEX REPLACE "^[^=]*=" "" place "${mount}")
    if(IS_DIRECTORY ${place})
      file(GLOB_RECURSE found CONFIGURE_DEPENDS
        ${place}/*.css ${place}/*.html ${place}/*.js ${place}/*.svg)
      list(FILTER found EXCLUDE REGEX "/node_modules/")
      list(APPEND files ${found})
    else()
      list(APPEND files ${place})
    endif()
  endforeach()
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} "-DMOUNTS=${ARGN}" -DFUNCTION=${function} -DHEADER=${header}
            -DOUTPUT=${source} -P ${embed_files_script}
    DEPENDS ${embed_files_script} ${files}
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
  # The assembler reads the files, so a compiler cache refuses sources that are compiled with it.
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()
cmake_minimum_required(VERSION 3.25)

set(media_type_css "text/css; charset=utf-8")
set(media_type_html "text/html; charset=utf-8")
set(media_type_js "text/javascript; charset=utf-8")
set(media_type_mjs "text/javascript; charset=utf-8")  # only where the file itself is named
set(media_type_svg "image/svg+xml")
set(media_type_json "application/json")   # likewise
set(media_type_yaml "application/yaml")   # likewise

set(bytes "")
set(declarations "")
set(rows "")
set(count 0)
foreach(mount IN LISTS MOUNTS)
  string(REGEX MATCH "^([^=]*)=(.*)$" mount "${mount}")
  set(path ${CMAKE_MATCH_1})
  set(place ${CMAKE_MATCH_2})
  set(names "")
  if(IS_DIRECTORY ${place})
    file(GLOB_RECURSE names RELATIVE ${place}
      ${place}/*.css ${place}/*.html ${place}/*.js ${place}/*.svg)
    list(FILTER names EXCLUDE REGEX "^node_modules/")
    list(SORT names)
    list(TRANSFORM names PREPEND "/" OUTPUT_VARIABLE files)
    list(TRANSFORM files PREPEND ${place})
  else()
    set(names "/")
    set(files ${place})
  endif()
  foreach(name file IN ZIP_LISTS names files)
    file(SIZE ${file} size)
    file(SHA256 ${file} digest)
    cmake_path(GET file EXTENSION LAST_ONLY ending)
    string(SUBSTRING "${ending}" 1 -1 ending)
    if(NOT DEFINED media_type_${ending})
      message(FATAL_ERROR "${file}: no media type for .${ending}")
    endif()
    set(symbol k${FUNCTION}${count})
    string(REGEX REPLACE "/$" "" name "${name}")
    string(APPEND bytes "asm(R\"(\n  .pushsection .rodata\n${symbol}:\n  .incbin \"${file}\"\n  .byte 0\n"
      "  .popsection\n)\");\n")
    string(APPEND declarations "extern const char ${symbol}[];\n")
    string(APPEND rows "    {.path = \"${path}${name}\",\n     .media_type = \"${media_type_${ending}}\",\n"
      "     .etag = \"\\\"${digest}\\\"\",\n     .bytes = std::string_view(${symbol}, ${size})},\n")
    math(EXPR count "${count} + 1")
  endforeach()
endforeach()

# The digests make a compiler see that a file has changed.
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Made by daemon/http/embed_files.cmake.
#include "@HEADER@"

#include <array>
#include <string_view>

// clang-format off
@bytes@
extern "C" {
@declarations@}

namespace rtcroom {

std::span<const EmbeddedFile> @FUNCTION@() {
  static constexpr std::array<EmbeddedFile, @count@> kFiles = {{
@rows@  }};
  return kFiles;
}

}  // namespace rtcroom
]])
