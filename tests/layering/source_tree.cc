#include "tests/layering/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace rtcroom::layering {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFolders = {"daemon", "handlers", "storage", "tests"};

// The project uses only .h and .cc; the others are listed so that no C++ file evades the checks.
constexpr std::array kCxxEndings = {".h",   ".cc",  ".hh",  ".hpp", ".hxx",
                                    ".cpp", ".cxx", ".inc", ".inl", ".ipp"};

bool IsCxx(const fs::path& path) {
  return std::ranges::find(kCxxEndings, path.extension().string()) != kCxxEndings.end();
}

template <typename Wanted>
std::vector<SourceFile> ReadFiles(const fs::path& root, Wanted wanted) {
  std::vector<SourceFile> files;
  for (const auto* folder : kFolders) {
    for (auto entry = fs::recursive_directory_iterator(root / folder);
         entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == "node_modules") entry.disable_recursion_pending();
      if (!entry->is_regular_file() || !wanted(entry->path())) continue;
      files.push_back({.path = entry->path().lexically_relative(root).generic_string(),
                       .text = ReadText(entry->path())});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

}  // namespace

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<NumberedLine> Lines(std::string_view text) {
  std::vector<NumberedLine> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back({.number = static_cast<int>(lines.size()) + 1, .text = text.substr(0, end)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<SourceFile> ReadCxxFiles(const fs::path& root) { return ReadFiles(root, IsCxx); }

std::vector<std::string> ReadBuildList(const fs::path& root) {
  std::vector<std::string> listed;
  const auto is_list = [](const fs::path& path) { return path.filename() == "CMakeLists.txt"; };
  for (const auto& list : ReadFiles(root, is_list)) {
    const auto folder = fs::path(list.path).parent_path().generic_string();
    std::ranges::move(FilesNamedBy(list.text, folder), std::back_inserter(listed));
  }
  std::ranges::sort(listed);
  return listed;
}

std::vector<std::string> FilesNamedBy(std::string_view cmake_text, std::string_view folder) {
  constexpr std::string_view kFromRoot = "${CMAKE_SOURCE_DIR}/";
  std::vector<std::string> named;
  for (const auto& line : Lines(cmake_text)) {
    auto rest = line.text.substr(0, line.text.find('#'));
    while (!rest.empty()) {
      constexpr std::string_view kBetweenWords = " \t()\"";
      rest.remove_prefix(std::min(rest.find_first_not_of(kBetweenWords), rest.size()));
      const auto word = rest.substr(0, rest.find_first_of(kBetweenWords));
      rest.remove_prefix(word.size());
      if (!IsCxx(word)) continue;
      const auto path = word.starts_with(kFromRoot) ? fs::path(word.substr(kFromRoot.size()))
                                                    : fs::path(folder) / word;
      named.push_back(path.lexically_normal().generic_string());
    }
  }
  return named;
}

}  // namespace rtcroom::layering
