// Sections, keys and values of a TOML text, independent of the known configuration keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/config/config_value.h"

namespace rtcroom {

struct RawEntry {
  std::string key = {};
  RawValue value = {};
  unsigned line = 0;  ///< from 1
};

/// A top-level item of the text: `[name]` with its entries, or anything else, which is never valid
/// in a configuration.
struct RawSection {
  std::string name = {};
  unsigned line = 0;
  bool is_table = false;
  std::vector<RawEntry> entries = {};
};

/// @errors kBadRequest when the text is not TOML; the detail gives the position without quoting the
///         text, which may be a secret without its quotes.
Result<std::vector<RawSection>> ReadToml(std::string_view text);

}  // namespace rtcroom
