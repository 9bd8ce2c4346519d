// Second looks at users and members that are unknown here: whether other servers, if any use the
// store, know them; and why a member is none any more.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/auth/admission.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_follower.h"

namespace rtcroom {

/// Bounds them: each waits for reads of the store, and a forged token costs one, too.
///
/// @threads safe from any thread.
class SecondLooks {
 public:
  static constexpr std::size_t kMost = 16;  ///< under way at once

  /// All of it outlives this object.
  /// @param follower  null where no other server uses the store.
  SecondLooks(CommitFollower* follower, Admission& admission, const Clock& clock)
      : follower_(follower), admission_(admission), clock_(clock) {}

  struct Leave {
    void operator()(SecondLooks* looks) const { --looks->under_way_; }
  };
  /// The right to one look. Must not outlive its `SecondLooks`.
  using Place = std::unique_ptr<SecondLooks, Leave>;

  [[nodiscard]] bool AreOthers() const { return follower_ != nullptr; }

  /// Takes a token of the address. Does not block.
  /// @return null when the address has none left, or too many looks are under way: it is not known
  ///         whether there is such a user or member.
  [[nodiscard]] Place TryBegin(std::string_view address);

  /// Waits until the changes of the other servers, if any, have been read.
  /// @errors kStoreBusy, after two seconds at most.
  Status CatchUp();

 private:
  CommitFollower* const follower_;
  Admission& admission_;
  const Clock& clock_;
  std::atomic<std::size_t> under_way_{0};
};

}  // namespace rtcroom
