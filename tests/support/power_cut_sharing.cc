#include "tests/support/power_cut_sharing.h"

#include <algorithm>

namespace rtcroom {

void PowerCutSharing::Join(Party& party) {
  const MutexLock lock(mutex_);
  parties_.push_back(&party);
}

void PowerCutSharing::Leave(const Party& party) {
  const MutexLock lock(mutex_);
  std::erase(parties_, &party);
}

int PowerCutSharing::Lock(Party& party, int level) {
  const MutexLock lock(mutex_);
  if (party.level_ >= level) return SQLITE_OK;
  const int others = HighestLevelOfOthersLocked(party);
  if (level == SQLITE_LOCK_SHARED) {
    if (others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
  } else {
    if (others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
      // Lets current readers finish and admits no new ones.
      party.level_ = SQLITE_LOCK_PENDING;
      return SQLITE_BUSY;
    }
  }
  party.level_ = level;
  return SQLITE_OK;
}

void PowerCutSharing::Unlock(Party& party, int level) {
  const MutexLock lock(mutex_);
  party.level_ = std::min(party.level_, level);
}

bool PowerCutSharing::IsReserved() const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(
      parties_, [](const Party* party) { return party->level_ >= SQLITE_LOCK_RESERVED; });
}

void* PowerCutSharing::MapRegion(Party& party, std::size_t index, std::size_t size, bool extend) {
  const MutexLock lock(mutex_);
  party.maps_regions_ = true;
  if (index >= regions_.size() && !extend) return nullptr;
  while (index >= regions_.size()) regions_.push_back(std::make_unique<std::byte[]>(size));
  return regions_[index].get();
}

void PowerCutSharing::UnmapRegions(Party& party) {
  const MutexLock lock(mutex_);
  party.shared_slots_ = 0;
  party.exclusive_slots_ = 0;
  party.maps_regions_ = false;
  if (std::ranges::none_of(parties_, [](const Party* one) { return one->maps_regions_; })) {
    regions_.clear();
  }
}

int PowerCutSharing::LockSlots(Party& party, int first, int count, int flags) {
  const MutexLock lock(mutex_);
  const unsigned slots = ((1U << static_cast<unsigned>(count)) - 1U)
                         << static_cast<unsigned>(first);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    party.shared_slots_ &= ~slots;
    party.exclusive_slots_ &= ~slots;
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (const Party* other : parties_) {
    if (other == &party) continue;
    const unsigned in_the_way = other->exclusive_slots_ | (exclusive ? other->shared_slots_ : 0U);
    if ((in_the_way & slots) != 0) return SQLITE_BUSY;
  }
  (exclusive ? party.exclusive_slots_ : party.shared_slots_) |= slots;
  return SQLITE_OK;
}

void PowerCutSharing::Barrier() const { const MutexLock lock(mutex_); }

int PowerCutSharing::HighestLevelOfOthersLocked(const Party& party) const {
  int highest = SQLITE_LOCK_NONE;
  for (const Party* other : parties_) {
    if (other != &party) highest = std::max(highest, other->level_);
  }
  return highest;
}

}  // namespace rtcroom
