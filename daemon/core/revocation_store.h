// The interface to the stored revocations of signed push URLs.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Voids the push URLs of a stream whose signature expires at `until` or before. These are all that
/// were signed so far if `until` is the expiry of a URL that is signed now.
struct Revocation {
  std::string stream{};  ///< its name, as it is signed
  TimePoint until{};

  bool operator==(const Revocation&) const = default;
};

/// As durable as the store of rooms. Revocations are written by `Store::UpdateAll`, each with the
/// change of a room that calls for it (see `RoomChange::revocations`).
///
/// @threads every method is safe from any thread.
class RevocationStore {
 public:
  virtual ~RevocationStore() = default;

  /// The revocations that end after `now`, in no order; one for each stream, with the latest end
  /// that was written.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Revocation>> LoadRevocations(TimePoint now) = 0;

  /// Removes revocations that ended at `now` or before: what they void has expired.
  /// @param now  of the `RemovalClock`; its mark goes with a removal.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveEndedRevocations(TimePoint now) = 0;
};

}  // namespace rtcroom
