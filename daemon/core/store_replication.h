// How the database of a shared store is copied to other machines.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace rtcroom {

/// Why commits do not end.
enum class StandbyWait : std::uint8_t {
  kNone,    ///< they do
  kAbsent,  ///< they wait for a standby, and none is connected
  kSilent,  ///< one is connected, and does not answer
};

/// The text for errors and logs; empty for kNone.
constexpr std::string_view StandbyWaitText(StandbyWait wait) {
  switch (wait) {
    case StandbyWait::kNone:
      return "";
    case StandbyWait::kAbsent:
      return "the commit waits for a synchronous standby, none is connected";
    case StandbyWait::kSilent:
      return "the commit waits for a synchronous standby, which does not answer";
  }
  return "";
}

/// A machine of the database that says it takes writes.
struct StorePrimary {
  std::string host;            ///< "host:port"
  std::uint64_t timeline = 0;  ///< increases with each promotion
};

struct StoreReplication {
  std::vector<StorePrimary> primaries{};  ///< newest timeline first; empty: none could be asked
  // The first of them says these.
  std::size_t standbys = 0;  ///< synchronous ones that are connected
  StandbyWait wait = StandbyWait::kNone;
};

/// @threads one thread at a time.
class ReplicationSource {
 public:
  virtual ~ReplicationSource() = default;

  /// Whether a commit was not confirmed in time since the last question. Safe from any thread.
  [[nodiscard]] virtual bool IsLate() const = 0;
  /// Asks all machines; takes some seconds when one of them does not answer.
  /// @param stop  ends it.
  virtual StoreReplication Ask(const std::stop_token& stop) = 0;
};

/// The state that metrics show.
///
/// @threads safe from any thread.
struct ReplicationState {
  std::atomic<bool> lacks_standby = false;
  std::atomic<bool> has_two_primaries = false;
};

}  // namespace rtcroom
