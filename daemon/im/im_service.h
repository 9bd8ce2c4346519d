// Calls to the IM service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "daemon/core/ids.h"

namespace rtcroom {

/// The group's id is that of its room.
enum class GroupCommand : std::uint8_t {
  kCreate,
  kDestroy,
  kSystemNotice,   ///< notifies members of changed pushers, in the form of old clients
  kCustomMessage,  ///< the same notice as an ordinary message
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

/// Classifies an answer.
/// @source protocol D.7.
enum class ImOutcome : std::uint8_t {
  kDone,             ///< also: create of an existing group of ours, destroy of a missing one
  kTakenByAnother,   ///< the group has another owner
  kGroupMissing,     ///< no such group, or an invalid id
  kPassing,          ///< may or may not have been done: retry with back-off
  kTooFast,          ///< retry later, and slow down all calls of this command
  kCommandDisabled,  ///< this application may not send such notices: use the other form
  kQuotaUsedUp,      ///< no more groups for this application
  kRefused,          ///< a retry would be refused too
  kMisconfigured,    ///< the application, its administrator or the signature is not accepted
  kUnreachable,      ///< not reached, so nothing was done; else as kPassing
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
  /// The service's ErrorCode; 0 on success and without a readable answer.
  int error_code = 0;
  /// The text for the log: our own words, or the service's error text, escaped and truncated. It
  /// never contains a signature.
  std::string detail{};
};

/// @threads implementations are safe from any thread.
class ImService {
 public:
  virtual ~ImService() = default;

  /// Makes one call, and a second one if the administrator's signature has to be renewed. There are
  /// no other retries, and no budget.
  ///
  /// @param timeout  longest time to block, including the second call.
  virtual ImAnswer Call(GroupCommand command, const RoomId& group,
                        std::chrono::milliseconds timeout) = 0;
};

}  // namespace rtcroom
