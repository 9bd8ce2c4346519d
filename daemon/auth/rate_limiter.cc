#include "daemon/auth/rate_limiter.h"

#include <algorithm>

namespace rtcroom {

RateLimiter::RateLimiter(const Clock& clock, const SipHashKey& secret, const RateLimit& limit)
    : clock_(clock), secret_(secret) {
  SetLimit(limit);
}

template <typename Outcome, typename Use>
Outcome RateLimiter::WithBucket(std::string_view key, Outcome unlimited, Use use) {
  const std::uint64_t hash = SipHash(secret_, key);
  Shard& shard = shards_[hash % kShards];
  const MutexLock lock(shard.mutex);
  if (shard.sets.empty()) return unlimited;

  Set& set = shard.sets[hash / kShards % kSetsPerShard];
  const auto own = std::ranges::find(set, hash, &Slot::key_hash);
  if (own != set.end()) return use(own->bucket, shard.limit);

  // A bucket that is full already is replaced first.
  Slot& slot = *std::ranges::min_element(
      set, {}, [](const Slot& candidate) { return candidate.bucket.full_at(); });
  slot = {.key_hash = hash, .bucket = {}};
  return use(slot.bucket, shard.limit);
}

bool RateLimiter::Admits(std::string_view key) {
  return WithBucket(key, true,
                    [now = clock_.Monotonic()](TokenBucket& bucket, const RateLimit& limit) {
                      return bucket.Take(now, limit);
                    });
}

std::chrono::nanoseconds RateLimiter::Reserve(std::string_view key) {
  return WithBucket(key, std::chrono::nanoseconds(0),
                    [now = clock_.Monotonic()](TokenBucket& bucket, const RateLimit& limit) {
                      bucket.Charge(now, limit, 1);
                      return bucket.Debt(now, limit);
                    });
}

void RateLimiter::Charge(std::string_view key, std::uint32_t tokens) {
  (void)WithBucket(key, true,
                   [&, now = clock_.Monotonic()](TokenBucket& bucket, const RateLimit& limit) {
                     bucket.Charge(now, limit, tokens);
                     return true;
                   });
}

bool RateLimiter::IsInDebt(std::string_view key) {
  return WithBucket(key, false,
                    [now = clock_.Monotonic()](const TokenBucket& bucket, const RateLimit& limit) {
                      return bucket.Debt(now, limit).count() > 0;
                    });
}

void RateLimiter::SetLimit(const RateLimit& limit) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    shard.limit = limit;
    if (limit.IsOff()) {
      std::vector<Set>().swap(shard.sets);  // unlike clear(), gives the memory back
    } else {
      shard.sets.resize(kSetsPerShard);
    }
  }
}

}  // namespace rtcroom
