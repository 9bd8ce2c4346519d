// How notices reach the servers that share a store.
#pragma once

#include <span>

#include "daemon/base/result.h"
#include "daemon/core/push_notice.h"

namespace rtcroom {

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
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown: they may be reported again.
  virtual Status ReportNotices(std::span<const PushNotice> notices) = 0;
  /// It receives what all servers report from now on; null: nothing does. The one before is not
  /// called after the return.
  virtual void HearNotices(NoticeListener* listener) = 0;
};

}  // namespace rtcroom
