#include "daemon/core/stream_liveness.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using Kind = MediaState::Kind;

constexpr auto kStays = std::optional<LeaveReason>();
constexpr auto kSilent = std::optional(LeaveReason::kHeartbeatTimeout);
constexpr auto kInterrupted = std::optional(LeaveReason::kStreamInterrupted);

/// With a timeout of 25 s and a grace of 15 s.
struct Case {
  const char* name;
  std::chrono::seconds silent;
  std::optional<MediaState> media;
  std::optional<LeaveReason> heartbeat;
  std::optional<LeaveReason> assist;
  std::optional<LeaveReason> assist_and_media_off;  ///< with `evict_on_media_off`
  std::optional<LeaveReason> stream;
};

// Added an hour ago.
constexpr Case kCases[] = {
    {"beats, no stream", 25s, std::nullopt, kStays, kStays, kStays, kStays},
    {"silent, no stream", 26s, std::nullopt, kSilent, kSilent, kSilent, kSilent},
    {"beats, on", 1s, MediaState{Kind::kOn, 1h}, kStays, kStays, kStays, kStays},
    {"silent, on", 2h, MediaState{Kind::kOn, 0s}, kSilent, kStays, kStays, kStays},
    {"beats, just off", 1s, MediaState{Kind::kOff, 14s}, kStays, kStays, kStays, kStays},
    {"beats, off", 1s, MediaState{Kind::kOff, 15s}, kStays, kStays, kInterrupted, kInterrupted},
    {"silent, just off", 2h, MediaState{Kind::kOff, 14s}, kSilent, kStays, kStays, kStays},
    {"silent, off", 26s, MediaState{Kind::kOff, 15s}, kSilent, kInterrupted, kInterrupted,
     kInterrupted},
    {"beats, never on", 1s, MediaState{Kind::kNone, 0s}, kStays, kStays, kStays, kInterrupted},
    {"silent, never on", 26s, MediaState{Kind::kNone, 0s}, kSilent, kSilent, kSilent, kInterrupted},
    {"beats, unknown", 1s, MediaState{Kind::kUnknown, 1h}, kStays, kStays, kStays, kStays},
    {"silent, unknown", 75s, MediaState{Kind::kUnknown, 1h}, kSilent, kStays, kStays, kStays},
    {"silent for three timeouts, unknown", 76s, MediaState{Kind::kUnknown, 1h}, kSilent, kSilent,
     kSilent, kSilent},
    {"silent, just unknown", 2h, MediaState{Kind::kUnknown, 75s}, kSilent, kStays, kStays, kStays},
    {"silent, unknown for three timeouts", 2h, MediaState{Kind::kUnknown, 76s}, kSilent, kSilent,
     kSilent, kSilent},
};

TEST(StreamLiveness, DecidesByPolicy) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    const MemberSignals member{.silent = one.silent, .added_ago = 1h, .media = one.media};
    EXPECT_EQ(Judge({.policy = LivenessPolicy::kHeartbeat}, 25s, member), one.heartbeat);
    EXPECT_EQ(Judge({.policy = LivenessPolicy::kAssist}, 25s, member), one.assist);
    EXPECT_EQ(Judge({.policy = LivenessPolicy::kAssist, .evict_on_media_off = true}, 25s, member),
              one.assist_and_media_off);
    EXPECT_EQ(Judge({.policy = LivenessPolicy::kStream}, 25s, member), one.stream);
  }
}

TEST(StreamLiveness, AStreamHasOneTimeoutToAppear) {
  const LivenessRules rules{.policy = LivenessPolicy::kStream};
  const MediaState none{Kind::kNone, 0s};
  EXPECT_EQ(Judge(rules, 25s, {.silent = 1h, .added_ago = 25s, .media = none}), kStays);
  EXPECT_EQ(Judge(rules, 25s, {.silent = 0s, .added_ago = 26s, .media = none}), kInterrupted);
}

}  // namespace
}  // namespace rtcroom
