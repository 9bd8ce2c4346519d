// Sections, keys and values of a TOML text; knows nothing about which of them make sense.
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

/// What stands at the top of the text: `[name]` with its entries, or something else, which no
/// configuration has.
struct RawSection {
  std::string name = {};
  unsigned line = 0;
  bool is_table = false;
  std::vector<RawEntry> entries = {};
};

/// @errors kBadRequest when the text is not TOML; the detail says where, without a word of the
///         text itself: what stands there may be a secret that lacks its quotes.
Result<std::vector<RawSection>> ReadToml(std::string_view text);

}  // namespace rtcroom
