// What is wrong with a configuration.
#pragma once

#include <ostream>
#include <string>

namespace rtcroom {

/// `sentence` goes on where `key` ends: "server.workers" and "must be 1 to 1024". It never holds
/// a value that somebody configured.
struct ConfigProblem {
  std::string key = {};
  std::string sentence = {};
  bool operator==(const ConfigProblem&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const ConfigProblem& problem) {
  return out << problem.key << ": " << problem.sentence;
}

}  // namespace rtcroom
