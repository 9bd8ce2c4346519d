// A problem with a configuration.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace rtcroom {

/// Whom a problem stops. A server's settings of a section may need those of another section, which
/// a worker that shares the first is not told.
enum class ProblemScope : std::uint8_t { kAll, kServer };

/// `sentence` continues `key`: "server.workers" and "must be 1 to 1024". It never holds a
/// configured value.
struct ConfigProblem {
  std::string key = {};
  std::string sentence = {};
  ProblemScope scope = ProblemScope::kAll;
  bool operator==(const ConfigProblem&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const ConfigProblem& problem) {
  return out << problem.key << ": " << problem.sentence;
}

}  // namespace rtcroom
