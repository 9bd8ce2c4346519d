// The default configuration file.
#pragma once

#include <string>

namespace rtcroom {

/// A TOML file with every key, its meaning, its allowed values and its default. Loading it changes
/// nothing; keys that this version does not implement are marked.
std::string DefaultConfigText();

}  // namespace rtcroom
