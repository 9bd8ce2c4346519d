// Who may include whom: the layers of the program as a table, and the check that holds one file
// to it. Link lists alone do not keep the layers, because Debian's headers are on the default
// search path and can be included wherever one likes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/layering/source_tree.h"

namespace rtcroom::layering {

struct Include {
  int line = 0;
  std::string_view header;  ///< "daemon/core/room.h", "fmt/format.h", "vector"; "" for a macro
  bool in_quotes = false;   ///< "header", not <header>
};

/// The #include lines of a C++ file, in order; those that a `//` precedes are comments.
std::vector<Include> IncludesOf(std::string_view text);

/// The includes of `file` that its layer forbids, one sentence each, beginning with path and
/// line: "daemon/core/room.cc:3: daemon/core/ may not include <sqlite3.h>".
std::vector<std::string> LayerViolations(const SourceFile& file);

/// The includes of `file` that only certain other files may have, whatever its layer allows.
std::vector<std::string> ConfinementViolations(const SourceFile& file);

/// The rows that stand on a folder without a row above them, one sentence each: without any, the
/// folders form no circle.
std::vector<std::string> UpwardRows();

/// The folders of the product that have a row, without a slash at the end: "daemon/core".
std::vector<std::string> ProductFolders();

/// Where a file of daemon/core or daemon/auth asks for the time, randomness or the environment by
/// itself, instead of being given them. Empty for other files.
std::vector<std::string> PurityViolations(const SourceFile& file);

}  // namespace rtcroom::layering
