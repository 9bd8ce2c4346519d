// The configuration that an operator starts from.
#pragma once

#include <string>

namespace rtcroom {

/// A TOML file with every key, its meaning, what it takes and its default. Loading it changes
/// nothing; keys that this version lacks say so.
std::string DefaultConfigText();

}  // namespace rtcroom
