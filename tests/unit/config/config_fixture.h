// Shortcuts to load a configuration in a test.
#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/load_config.h"

namespace rtcroom {

inline ConfigOutcome LoadToml(std::string toml) { return LoadConfig({.toml = std::move(toml)}); }

inline ConfigOutcome LoadEnvironment(Environment environment) {
  return LoadConfig({.environment = std::move(environment)});
}

/// The problems reported for `key`.
inline std::vector<std::string> ProblemsOf(const std::vector<ConfigProblem>& problems,
                                           std::string_view key) {
  std::vector<std::string> sentences;
  for (const ConfigProblem& problem : problems) {
    if (problem.key == key) sentences.push_back(problem.sentence);
  }
  return sentences;
}

/// A configuration without conflicts: the defaults lack only a certificate.
inline Config ServableConfig() {
  Config config;
  config.server.tls_cert = "cert.pem";
  config.server.tls_key = "key.pem";
  return config;
}

inline void WriteFile(const std::string& path, std::string_view content) {
  std::ofstream(path) << content;
}

}  // namespace rtcroom
