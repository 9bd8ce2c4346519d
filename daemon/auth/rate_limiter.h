// Rate limits for a very large number of callers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/token_bucket.h"

namespace rtcroom {

/// A token bucket for each key, in a table of fixed size.
///
/// A full bucket is equivalent to none, and its slot is free. A request keeps one bucket from being
/// full for the time of one more token, so on average the number of non-full buckets is at most the
/// number of requests admitted in a token's time. Filling the table takes `kMaxKeys * per_second`
/// requests per second: a million and more at the default rates.
///
/// A key has eight possible slots, chosen by a secret hash. When all are taken, the fullest of the
/// eight buckets is evicted. So a new key is always admitted; the evicted key had the most tokens
/// left; and evicting an empty bucket requires emptying all the others around it first, which costs
/// more requests than it gains.
///
/// Keys are compared by 64 bits of that hash. Two keys with the same 64 bits share a bucket, which
/// cannot be provoked and does not happen by chance.
///
/// @threads safe from any thread; the locks are sharded, and no call allocates but `SetLimit`.
class RateLimiter {
 public:
  static constexpr std::size_t kMaxKeys = 65536;  ///< 1 MiB; 0 while the limit is off

  /// @param secret  random, per process.
  RateLimiter(const Clock& clock, const SipHashKey& secret, const RateLimit& limit);

  /// Takes a token of the bucket of `key`. O(1), whatever the number of keys.
  /// @return false when there is none.
  [[nodiscard]] bool Admits(std::string_view key);

  /// Takes a token that may not be available yet.
  /// @return how long to wait for it: at most as long as an empty bucket takes to fill.
  [[nodiscard]] std::chrono::nanoseconds Reserve(std::string_view key);

  /// Takes that many more tokens of the bucket of `key`; its debt is at most one full bucket.
  void Charge(std::string_view key, std::uint32_t tokens);

  /// Whether the bucket of `key` is in debt.
  [[nodiscard]] bool IsInDebt(std::string_view key);

  /// Takes effect immediately. A key without tokens gets none back by it, nor waits longer than a
  /// bucket of the new limit with maximum debt. Turning the limit off drops all buckets.
  void SetLimit(const RateLimit& limit);

 private:
  struct Slot {
    std::uint64_t key_hash = 0;
    TokenBucket bucket{};
  };
  static constexpr std::size_t kSlotsPerKey = 8;
  using Set = std::array<Slot, kSlotsPerKey>;

  /// Cache-line aligned to avoid false sharing between threads.
  struct alignas(64) Shard {
    Mutex mutex;
    RateLimit limit GUARDED_BY(mutex);
    std::vector<Set> sets GUARDED_BY(mutex);  ///< empty while the limit is off
  };

  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kSetsPerShard = kMaxKeys / kSlotsPerKey / kShards;

  /// Calls `use` with the limit and the bucket of `key`, which may be a fresh one after an
  /// eviction.
  /// @return the value of `use`; `unlimited` when the limit is off.
  template <typename Outcome, typename Use>
  Outcome WithBucket(std::string_view key, Outcome unlimited, Use use);

  const Clock& clock_;
  const SipHashKey secret_;
  std::array<Shard, kShards> shards_;
};

}  // namespace rtcroom
