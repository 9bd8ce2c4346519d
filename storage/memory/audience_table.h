// The viewers of one room in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "daemon/core/room_store.h"

namespace rtcroom {

/// @threads for one thread at a time.
class AudienceTable {
 public:
  /// Null: the user is no viewer.
  [[nodiscard]] const Audience* Find(const UserId& user) const {
    const auto found = by_user_.find(user);
    return found == by_user_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] const std::map<UserId, Audience>& by_user() const { return by_user_; }

  /// Adds a viewer, or replaces it.
  void Put(const Audience& viewer) {
    Erase(viewer.user_id);
    by_seat_[viewer.seat] = &by_user_.emplace(viewer.user_id, viewer).first->second;
  }

  void Erase(const UserId& user) {
    const auto found = by_user_.find(user);
    if (found == by_user_.end()) return;
    by_seat_.erase(found->second.seat);
    by_user_.erase(found);
  }

  /// The newest viewers that fit `AudiencePage::kMaxBytes`, in join order.
  [[nodiscard]] std::vector<Audience> Newest() const {
    std::vector<Audience> newest;
    std::uint64_t bytes = 0;
    for (auto place = by_seat_.rbegin(); place != by_seat_.rend(); ++place) {
      bytes += StoredBytes(*place->second);
      if (bytes > AudiencePage::kMaxBytes) break;
      newest.push_back(*place->second);
    }
    std::ranges::reverse(newest);
    return newest;
  }

 private:
  std::map<UserId, Audience> by_user_;
  std::map<std::uint64_t, const Audience*> by_seat_;  ///< of `by_user_`
};

}  // namespace rtcroom
