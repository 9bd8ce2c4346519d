// Limits how often each of very many callers may do something.
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
/// A bucket that is full again is as good as none, and its place is free. A request keeps one
/// bucket from being full for a token's time longer, so on average no more buckets are not full
/// than requests are admitted in a token's time. To fill the table takes
/// `kMaxKeys * per_second` requests per second: at the default rates, a million and more.
///
/// A key has eight places that it may take, chosen by a secret hash. When all are taken, the
/// fullest bucket of the eight is forgotten. So a newcomer is always admitted; whoever has to
/// make room owed the least; and to have an empty bucket forgotten, one must first empty all the
/// others around it, which costs more requests than it wins.
///
/// Keys are told apart by 64 bits of that hash. Two keys that share them share a bucket, which
/// nobody can bring about and which does not happen by chance.
///
/// @threads safe from any thread; the locks are sharded, and no call allocates but `SetLimit`.
class RateLimiter {
 public:
  static constexpr std::size_t kMaxKeys = 65536;  ///< 1 MiB; none while the limit is off

  /// @param secret  random, of this process.
  RateLimiter(const Clock& clock, const SipHashKey& secret, const RateLimit& limit);

  /// Takes a token of the bucket of `key`. O(1), whatever the keys and their number.
  /// @return false when there is none.
  [[nodiscard]] bool Admits(std::string_view key);

  /// Takes a token that may still have to come in.
  /// @return how long to wait for it: at most as long as an empty bucket takes to fill.
  [[nodiscard]] std::chrono::nanoseconds Reserve(std::string_view key);

  /// Takes so many more tokens of the bucket of `key`, which may come to owe as many as it holds.
  void Charge(std::string_view key, std::uint32_t tokens);

  /// Whether the bucket of `key` owes tokens.
  [[nodiscard]] bool Owes(std::string_view key);

  /// From now on. Nobody who has used up all tokens gets them back by it, nor waits for longer than
  /// a bucket of the new limit that owes as much as it can. A limit that is off forgets everybody.
  void SetLimit(const RateLimit& limit);

 private:
  struct Place {
    std::uint64_t key_hash = 0;
    TokenBucket bucket{};
  };
  static constexpr std::size_t kPlacesOfKey = 8;
  using Set = std::array<Place, kPlacesOfKey>;

  /// Apart from each other in memory, so that threads do not wait for each other's cache lines.
  struct alignas(64) Shard {
    Mutex mutex;
    RateLimit limit GUARDED_BY(mutex);
    std::vector<Set> sets GUARDED_BY(mutex);  ///< empty while the limit is off
  };

  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kSetsOfShard = kMaxKeys / kPlacesOfKey / kShards;

  /// Calls `use` with the limit and the bucket of `key`, which may be one of those just forgotten.
  /// @return what it returned; `unlimited` when the limit is off.
  template <typename Outcome, typename Use>
  Outcome WithBucket(std::string_view key, Outcome unlimited, Use use);

  const Clock& clock_;
  const SipHashKey secret_;
  std::array<Shard, kShards> shards_;
};

}  // namespace rtcroom
