// A problem with a configuration.
#pragma once

#include <ostream>
#include <string>

namespace rtcroom {

/// `sentence` continues `key`: "server.workers" and "must be 1 to 1024". It never holds a
/// configured value.
struct ConfigProblem {
  std::string key = {};
  std::string sentence = {};
  bool operator==(const ConfigProblem&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const ConfigProblem& problem) {
  return out << problem.key << ": " << problem.sentence;
}

}  // namespace rtcroom
