#include "daemon/config/prefix_checks.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace rtcroom {
namespace {

// Paths are matched without regard to letter case; prefixes are compared the same way.
bool SamePrefix(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return !one.empty() && std::ranges::equal(one, other, {}, lower, lower);
}

/// Whether all paths below `prefix` are below `other`, too.
bool IsBelow(std::string_view prefix, std::string_view other) {
  return SamePrefix(prefix.substr(0, other.size()), other) &&
         (prefix.size() == other.size() || prefix[other.size()] == '/');
}

void CheckChannelPrefix(const Config& config, std::vector<ConfigProblem>& problems) {
  const ServerConfig& server = config.server;
  for (const std::string& prefix :
       {server.prefix, "/webrtc" + server.prefix, server.gen1_prefix, server.gen2_prefix}) {
    for (const std::string_view version : {"/v1", "/v4"}) {
      if (!IsBelow(prefix, config.channel.prefix + std::string(version))) continue;
      problems.push_back({"channel.prefix", "its paths are also those of rooms"});
      return;
    }
  }
}

}  // namespace

void CheckPrefixes(const Config& config, std::vector<ConfigProblem>& problems) {
  const ServerConfig& server = config.server;
  if (SamePrefix(server.gen1_prefix, server.prefix)) {
    problems.push_back({"server.gen1_prefix", "same as server.prefix"});
  }
  if (SamePrefix(server.gen2_prefix, server.prefix)) {
    problems.push_back({"server.gen2_prefix", "same as server.prefix"});
  }
  if (SamePrefix(server.gen2_prefix, server.gen1_prefix)) {
    problems.push_back({"server.gen2_prefix", "same as server.gen1_prefix"});
  }
  if (config.channel.enabled) CheckChannelPrefix(config, problems);
}

}  // namespace rtcroom
