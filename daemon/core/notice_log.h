// Pushes of what is not stored, and how they reach the servers that share a store.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Who can read a push.
enum class PushForm : std::uint8_t { kRtcroom, kSdk };

/// A push for the receivers of a room, or for an account. Both: for those of the room but that
/// account.
struct PushNotice {
  std::uint64_t room_number = 0;  ///< `Room::sequence`; 0: for the account
  UserId user_id{};
  std::string object{};  ///< JSON; empty: the account has come into groups, or left some
  PushForm form = PushForm::kRtcroom;

  bool operator==(const PushNotice&) const = default;
};

/// Receives the notices of a `NoticeLog`. An implementation must be quick, must not call the store,
/// and cannot fail.
class NoticeListener {
 public:
  virtual ~NoticeListener() = default;
  virtual void OnNotices(std::span<const PushNotice> notices) noexcept = 0;
};

/// Tells the servers on a store of notices. They are not kept.
///
/// @threads safe from any thread.
class NoticeLog {
 public:
  virtual ~NoticeLog() = default;

  /// Reports them to all servers on the store, including this one; those of the version before pass
  /// over them.
  /// @param notices  in the form of SDKs.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown: they may be reported again.
  virtual Status ReportNotices(std::span<const PushNotice> notices) = 0;
  /// It receives what all servers report from now on; null: nothing does. The one before is not
  /// called after the return.
  virtual void HearNotices(NoticeListener* listener) = 0;
};

}  // namespace rtcroom
