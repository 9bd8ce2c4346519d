// Whether the replies that concurrent clients got could be those of one server that serves one call
// at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace rtcroom {

/// One call of a client, with its outcome.
template <typename Call>
struct TimedCall {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Call call{};
  std::int64_t begun = 0;
  /// When its reply was there; kNever where its outcome is unknown: it may take effect at any later
  /// time, or never.
  std::int64_t ended = kNever;
};

/// Searches an order of the calls of one object in which each takes effect between its begin and
/// its end, and in which the object explains every outcome.
///
/// @tparam State  of the object: copyable and ordered; `bool Apply(const Call&)` makes the call,
///     and tells whether its outcome is possible.
/// @source Wing and Gong, Testing and Verifying Concurrent Objects (1993); states that were
///     searched already are skipped as by Lowe (2017).
template <typename State, typename Call>
class Linearization {
 public:
  explicit Linearization(const std::vector<TimedCall<Call>>& calls)
      : calls_(calls),
        is_done_(calls.size()),
        to_do_(static_cast<std::size_t>(std::ranges::count_if(calls, HasOutcome))) {}

  [[nodiscard]] bool Exists(const State& begin) {
    searched_.clear();
    return Search(begin);
  }

 private:
  using Timed = TimedCall<Call>;

  static bool HasOutcome(const Timed& call) { return call.ended != Timed::kNever; }

  bool Search(const State& state) {
    if (to_do_ == 0) return true;
    if (!searched_.emplace(is_done_, state).second) return false;
    std::int64_t first_end = Timed::kNever;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (!is_done_[i]) first_end = std::min(first_end, calls_[i].ended);
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const Timed& next = calls_[i];
      if (is_done_[i] || next.begun > first_end) continue;
      State after = state;
      if (!after.Apply(next.call)) continue;
      is_done_[i] = true;
      if (HasOutcome(next)) --to_do_;
      if (Search(after)) return true;
      if (HasOutcome(next)) ++to_do_;
      is_done_[i] = false;
    }
    return false;
  }

  const std::vector<Timed>& calls_;
  std::vector<bool> is_done_;
  std::size_t to_do_;  ///< calls with an outcome that are not done
  std::set<std::pair<std::vector<bool>, State>> searched_;
};

}  // namespace rtcroom
