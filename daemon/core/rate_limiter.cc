#include "daemon/core/rate_limiter.h"

#include <algorithm>

namespace rtcroom {

RateLimiter::RateLimiter(const Clock& clock, const SipHashKey& secret, const RateLimit& limit)
    : clock_(clock), secret_(secret) {
  SetLimit(limit);
}

bool RateLimiter::Admits(std::string_view key) {
  const std::uint64_t hash = SipHash(secret_, key);
  const MonotonicTime now = clock_.Monotonic();
  Shard& shard = shards_[hash % kShards];
  const MutexLock lock(shard.mutex);
  if (shard.sets.empty()) return true;

  Set& set = shard.sets[hash / kShards % kSetsOfShard];
  const auto own = std::ranges::find(set, hash, &Place::key_hash);
  if (own != set.end()) return own->bucket.Take(now, shard.limit);

  // One that is full already is the first to go.
  Place& place = *std::ranges::min_element(
      set, {}, [](const Place& candidate) { return candidate.bucket.full_at(); });
  place = {.key_hash = hash, .bucket = {}};
  return place.bucket.Take(now, shard.limit);
}

void RateLimiter::SetLimit(const RateLimit& limit) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    shard.limit = limit;
    if (limit.IsOff()) {
      std::vector<Set>().swap(shard.sets);  // unlike clear(), gives the memory back
    } else {
      shard.sets.resize(kSetsOfShard);
    }
  }
}

}  // namespace rtcroom
