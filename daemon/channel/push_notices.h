// Pushes of what is not stored: what happens to the media of a room's members, and what is said to
// those who are connected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Who can read a push.
enum class PushForm : std::uint8_t { kRtcroom, kSdk };

/// A push for the receivers of a room, or for a user. Both: for those of the room but that user.
struct PushNotice {
  std::uint64_t room_number = 0;  ///< `Room::sequence`; 0: for the user
  UserId user_id{};
  std::string object{};  ///< JSON
  PushForm form = PushForm::kRtcroom;
};

/// Waits for the feed, which delivers it within its next tick. Receivers that are not there then do
/// not get it, now or later.
///
/// @threads safe from any thread.
class PushNotices {
 public:
  /// Beyond these newer ones are dropped.
  static constexpr std::size_t kMaxWaiting = 10'000;
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{16} << 20;

  void Add(PushNotice notice) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const std::size_t bytes = bytes_ + notice.object.size();
    if (waiting_.size() >= kMaxWaiting || bytes > kMaxWaitingBytes) return;
    bytes_ = bytes;
    waiting_.push_back(std::move(notice));
  }
  [[nodiscard]] std::vector<PushNotice> Take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    bytes_ = 0;
    return std::exchange(waiting_, {});
  }

 private:
  Mutex mutex_;
  std::vector<PushNotice> waiting_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  ///< of their objects
};

/// `{"stream":{"kind":…,"roomID":…,"userID":…,"on":…}}`
std::string StreamPush(const RoomKey& room, const UserId& user_id, bool is_on);
/// `{"web_ended":{"kind":…,"roomID":…,"session":…,"reason":…}}`
std::string WebEndedPush(const RoomKey& room, std::string_view session, std::string_view reason);

}  // namespace rtcroom
