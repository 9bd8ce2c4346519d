// The repository's own files as text, for the tests that read them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rtcroom::layering {

struct SourceFile {
  std::string path;  ///< from the repository root, with slashes: "daemon/core/room.h"
  std::string text;
};

/// Lines are counted from 1, as editors do.
struct NumberedLine {
  int number = 0;
  std::string_view text;  ///< without its newline; lives as long as the text it was cut from
};

/// @errors none: empty when the file cannot be read.
std::string ReadText(const std::filesystem::path& path);

std::vector<NumberedLine> Lines(std::string_view text);

/// Every C++ file below daemon, handlers, storage and tests, ordered by path.
/// @errors std::filesystem::filesystem_error when `root` is not a checkout of the repository.
std::vector<SourceFile> ReadCxxFiles(const std::filesystem::path& root);

/// The C++ files that the CMakeLists.txt files below `root` name, as paths from the root.
std::vector<std::string> ReadBuildList(const std::filesystem::path& root);

/// The C++ files that one CMakeLists.txt names, as paths from the root.
/// @param folder  where that CMakeLists.txt is, from the root; "" for the root itself.
std::vector<std::string> FilesNamedBy(std::string_view cmake_text, std::string_view folder);

}  // namespace rtcroom::layering
