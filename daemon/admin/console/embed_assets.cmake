# Generates a C++ source with a folder's files: cmake -DFOLDER=… -DOUTPUT=… -P embed_assets.cmake
cmake_minimum_required(VERSION 3.25)

set(media_type_html "text/html; charset=utf-8")
set(media_type_css "text/css; charset=utf-8")
set(media_type_js "text/javascript; charset=utf-8")
set(media_type_svg "image/svg+xml")

file(GLOB names RELATIVE ${FOLDER}
  ${FOLDER}/*.html ${FOLDER}/*.css ${FOLDER}/*.js ${FOLDER}/*.svg)
list(SORT names)
set(arrays "")
set(rows "")
foreach(name IN LISTS names)
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  file(READ ${FOLDER}/${name} hex HEX)
  file(SIZE ${FOLDER}/${name} size)
  file(SHA256 ${FOLDER}/${name} digest)
  cmake_path(GET name EXTENSION LAST_ONLY ending)
  string(SUBSTRING "${ending}" 1 -1 ending)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(REGEX REPLACE "((.......){14})" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "constexpr char ${identifier}[] = {\n${bytes}'\\0'};\n")
  string(APPEND rows "    {.path = \"/console/${name}\",\n     .media_type = \"${media_type_${ending}}\",\n"
    "     .etag = \"\\\"${digest}\\\"\",\n     .bytes = std::string_view(${identifier}, ${size})},\n")
endforeach()
list(LENGTH names count)

file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Made by daemon/admin/console/embed_assets.cmake from daemon/admin/console/assets.
#include "daemon/admin/console_assets.h"

#include <array>
#include <string_view>

namespace rtcroom {
namespace {

// clang-format off
@arrays@
constexpr std::array<ConsoleAsset, @count@> kAssets = {{
@rows@}};
// clang-format on

}  // namespace

std::span<const ConsoleAsset> ConsoleAssets() { return kAssets; }

}  // namespace rtcroom
]])
