// The layers of the program as a table of allowed includes, and the check of one file against it.
// Link lists alone do not enforce the layers: Debian's headers are on the default search path, so
// any file can include them.
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

/// The #include lines of a C++ file, in order, except those in `//` comments.
std::vector<Include> IncludesOf(std::string_view text);

/// The includes of `file` that its layer forbids, one sentence each, beginning with path and
/// line: "daemon/core/room.cc:3: daemon/core/ may not include <sqlite3.h>".
std::vector<std::string> LayerViolations(const SourceFile& file);

/// The includes of `file` that only certain other files may have, whatever its layer allows.
std::vector<std::string> ConfinementViolations(const SourceFile& file);

/// The rows that allow a folder without an earlier row, one sentence each. If there are none, the
/// folders form no cycle.
std::vector<std::string> UpwardRows();

/// The folders of the product that have a row, without a slash at the end: "daemon/core".
std::vector<std::string> ProductFolders();

/// Uses of the clock, randomness or the environment in a file of daemon/core or daemon/auth, which
/// must receive them from their caller. Empty for other files.
std::vector<std::string> PurityViolations(const SourceFile& file);

}  // namespace rtcroom::layering
