#include "daemon/core/stream_liveness.h"

#include <algorithm>

namespace rtcroom {
namespace {

using Verdict = std::optional<LeaveReason>;

Verdict LeaveIf(bool leaves, LeaveReason reason) { return leaves ? Verdict(reason) : std::nullopt; }

}  // namespace

std::string_view MediaStateName(MediaState::Kind kind) {
  switch (kind) {
    case MediaState::Kind::kUnknown:
      return "unknown";
    case MediaState::Kind::kNone:
      return "none";
    case MediaState::Kind::kOn:
      return "on";
    case MediaState::Kind::kOff:
      return "off";
  }
  return "unknown";
}

Verdict Judge(const LivenessRules& rules, std::chrono::milliseconds timeout,
              const MemberSignals& member) {
  const bool is_silent = member.silent > timeout;
  if (rules.policy == LivenessPolicy::kHeartbeat || !member.media) {
    return LeaveIf(is_silent, LeaveReason::kHeartbeatTimeout);
  }
  const bool by_stream_alone = rules.policy == LivenessPolicy::kStream;
  switch (member.media->kind) {
    case MediaState::Kind::kOn:
      return std::nullopt;
    case MediaState::Kind::kOff:
      return LeaveIf(
          member.media->lasting >= rules.grace && (is_silent || EvictsDespiteHeartbeats(rules)),
          LeaveReason::kStreamInterrupted);
    case MediaState::Kind::kNone:
      if (!by_stream_alone) return LeaveIf(is_silent, LeaveReason::kHeartbeatTimeout);
      return LeaveIf(member.added_ago > timeout, LeaveReason::kStreamInterrupted);
    case MediaState::Kind::kUnknown:
      break;
  }
  const auto in_doubt = std::min<MonotonicTime::duration>(member.silent, member.media->lasting);
  return LeaveIf(in_doubt > kTimeoutsWithoutAnswer * timeout, LeaveReason::kHeartbeatTimeout);
}

}  // namespace rtcroom
