// Maps a reply of the IM service to a write about its delivery.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/im_policy.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// Payload of a destroy that is repeated once: a create without an answer may take effect after the
/// first destroy.
inline constexpr std::string_view kRepeatedDestroy = "repeat";
/// Payload of a notice whose system notice was sent, with NotifyVia::kBoth.
inline constexpr std::string_view kCustomMessageOnly = "custom_message";

struct RetryLimits {
  std::chrono::milliseconds first_pause{500};  ///< at most, after the first failure; then doubled
  std::chrono::milliseconds longest_pause{15'000};
  /// A call that timed out takes effect within this time, or never.
  std::chrono::milliseconds late_effect{60'000};
  /// A notice or a destroy is abandoned after this many failures over this long. Only failures
  /// while calls for other groups are answered count, so an outage causes no loss.
  std::uint32_t most_lone_attempts = 10;
  std::chrono::milliseconds longest_alone = std::chrono::minutes(10);
};

/// How a try ended.
enum class DeliveryEnd : std::uint8_t {
  kDone,
  kPostponed,
  kDropped,   ///< is never sent
  kGivenUp,   ///< as kDropped, after failing for too long while others were answered
  kSwitched,  ///< first refused system notice: custom messages are sent instead
};

/// The write that follows a try.
struct Resolution {
  enum class Step : std::uint8_t {
    kNothing,
    kFinish,
    kPostpone,
    kAbandonForeignGroup,  ///< kPostpone; drops all if the room has ended meanwhile
  };
  Delivery delivery{};
  Step step = Step::kFinish;
  DeliveryEnd end = DeliveryEnd::kDone;
  ImOutcome outcome = ImOutcome::kDone;  ///< its cause
};

/// Writes it. Idempotent.
/// @errors kStoreBusy; kStoreBroken.
Status WriteResolution(DeliveryStore& store, const Resolution& resolution);

/// Decides on retries, abandonment, and the form of notices. Time and jitter are arguments.
///
/// @threads safe from any thread.
/// @source protocol D.7, F.2, F.3.
class DeliveryOutcomes {
 public:
  DeliveryOutcomes(NotifyVia notify_via, const RetryLimits& limits);

  /// The call that delivers it.
  [[nodiscard]] GroupCommand CommandFor(const Delivery& delivery) const;

  [[nodiscard]] bool IsDue(const Delivery& delivery, TimePoint now) const;

  /// @param command  the call that `outcome` answers.
  /// @param jitter   0 to 1: the share of the pause after a failure.
  Resolution Resolve(const Delivery& delivery, GroupCommand command, ImOutcome outcome,
                     TimePoint now, double jitter);

  /// Call it when the service has answered a call, for any group.
  void RecordAnswer(TimePoint now) { answered_at_ = now.time_since_epoch().count(); }

 private:
  Resolution Decide(const Delivery& delivery, GroupCommand command, ImOutcome outcome,
                    TimePoint now, double jitter);
  Resolution Complete(const Delivery& delivery, GroupCommand command, DeliveryEnd end,
                      TimePoint now) const;
  Resolution TryAgain(const Delivery& delivery, GroupCommand command, ImOutcome outcome,
                      TimePoint now, double jitter) const;
  /// @return whether it has failed for too long while calls for others were answered.
  bool CountFailure(Delivery& delivery, ImOutcome outcome, TimePoint now) const;

  const NotifyVia notify_via_;
  const RetryLimits limits_;
  std::atomic<bool> custom_only_{false};  ///< kAuto, after a system notice was refused
  std::atomic<std::int64_t> answered_at_{0};
};

}  // namespace rtcroom
