// The order in which the hosts of a database are tried.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rtcroom {

/// As a connection string names it; what it leaves out is empty.
struct PgHost {
  std::string name = {};
  std::string address = {};
  std::string port = {};
  bool operator==(const PgHost&) const = default;
};

/// Begins with the host that worked last, after a failure with the next. Always to begin with the
/// first one, as libpq does, would lead for ever to an old primary that lives on alone: it accepts
/// connections, and confirms nothing.
///
/// @threads one thread at a time.
class PgHosts {
 public:
  explicit PgHosts(std::vector<PgHost> hosts) : hosts_(std::move(hosts)) {}

  /// All of them, the one to begin with first.
  [[nodiscard]] std::vector<PgHost> InOrder() const;

  /// @param place  in the last `InOrder`.
  void Worked(std::size_t place);
  /// The first one, or all of them.
  void Failed() { Worked(1); }

 private:
  std::vector<PgHost> hosts_;
  std::size_t first_ = 0;
};

}  // namespace rtcroom
