// What the IM service is asked for, one call at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "daemon/core/ids.h"

namespace rtcroom {

/// What a group is asked for. The group's id is that of its room.
enum class GroupCommand : std::uint8_t {
  kCreate,
  kDestroy,
  kSystemNotice,   ///< tells the members that the pushers changed, as clients of old understand it
  kCustomMessage,  ///< the same as an ordinary message of the group
};
inline constexpr std::size_t kGroupCommandCount =
    static_cast<std::size_t>(GroupCommand::kCustomMessage) + 1;

/// "create", "destroy", "system_notice", "custom_message": for logs and metrics.
constexpr std::string_view GroupCommandName(GroupCommand command) {
  switch (command) {
    case GroupCommand::kCreate:
      return "create";
    case GroupCommand::kDestroy:
      return "destroy";
    case GroupCommand::kSystemNotice:
      return "system_notice";
    case GroupCommand::kCustomMessage:
      return "custom_message";
  }
  return "";
}

inline std::ostream& operator<<(std::ostream& out, GroupCommand command) {
  return out << GroupCommandName(command);
}

/// What to make of an answer.
/// @source protocol D.7.
enum class ImOutcome : std::uint8_t {
  kDone,             ///< also of a group that was there to create, or was not there to destroy
  kTakenByAnother,   ///< the group belongs to somebody else
  kGroupMissing,     ///< there is no such group, or its id is none
  kPassing,          ///< it may or may not have been done: try again with back-off
  kTooFast,          ///< try again later, and slow down all calls of this command
  kCommandDisabled,  ///< this application may not send such notices: use the other form
  kQuotaUsedUp,      ///< no more groups for this application
  kRefused,          ///< the same call is never answered better
  kMisconfigured,    ///< the application, its administrator or his signature are not accepted
  kUnreachable,      ///< the service was not reached, so nothing was done; else as kPassing
};
inline constexpr std::size_t kImOutcomeCount =
    static_cast<std::size_t>(ImOutcome::kUnreachable) + 1;

/// "done", "taken_by_another", ...: for logs and metrics.
constexpr std::string_view ImOutcomeName(ImOutcome outcome) {
  switch (outcome) {
    case ImOutcome::kDone:
      return "done";
    case ImOutcome::kTakenByAnother:
      return "taken_by_another";
    case ImOutcome::kGroupMissing:
      return "group_missing";
    case ImOutcome::kPassing:
      return "passing";
    case ImOutcome::kTooFast:
      return "too_fast";
    case ImOutcome::kCommandDisabled:
      return "command_disabled";
    case ImOutcome::kQuotaUsedUp:
      return "quota_used_up";
    case ImOutcome::kRefused:
      return "refused";
    case ImOutcome::kMisconfigured:
      return "misconfigured";
    case ImOutcome::kUnreachable:
      return "unreachable";
  }
  return "";
}

inline std::ostream& operator<<(std::ostream& out, ImOutcome outcome) {
  return out << ImOutcomeName(outcome);
}

struct ImAnswer {
  ImOutcome outcome = ImOutcome::kPassing;
  /// The service's ErrorCode; 0 where it said success, or where there was no answer to read.
  int error_code = 0;
  /// For the log: our own words, or what the service says of its error, escaped and cut. Never a
  /// signature.
  std::string detail{};
};

/// @threads implementations are safe from any thread.
class ImService {
 public:
  virtual ~ImService() = default;

  /// Makes one call, and a second one where the first tells that the administrator's signature
  /// must be renewed. Nothing else is tried again here, and no budget is kept.
  ///
  /// @param timeout  how long this blocks at most, second call included.
  virtual ImAnswer Call(GroupCommand command, const RoomId& group,
                        std::chrono::milliseconds timeout) = 0;
};

}  // namespace rtcroom
