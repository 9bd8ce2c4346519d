// One thing that is done for one group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>

#include "daemon/core/ids.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// What may be owed to a group, in the order in which its debts are paid.
enum class DeliveryStep : std::uint8_t {
  kDestroy,        ///< unless a room of that id is stored
  kCreate,         ///< unless no room of that id is stored any more
  kForgetTask,     ///< its task is done: the store need not keep it
  kSystemNotice,   ///< that the pushers changed
  kCustomMessage,  ///< the same
};
inline constexpr DeliveryStep kDeliverySteps[] = {
    DeliveryStep::kDestroy, DeliveryStep::kCreate, DeliveryStep::kForgetTask,
    DeliveryStep::kSystemNotice, DeliveryStep::kCustomMessage};
inline constexpr std::size_t kDeliveryStepCount = std::size(kDeliverySteps);

/// What the IM service is asked for; nothing for a step that does not concern it.
constexpr std::optional<GroupCommand> CommandOf(DeliveryStep step) {
  switch (step) {
    case DeliveryStep::kDestroy:
      return GroupCommand::kDestroy;
    case DeliveryStep::kCreate:
      return GroupCommand::kCreate;
    case DeliveryStep::kForgetTask:
      return std::nullopt;
    case DeliveryStep::kSystemNotice:
      return GroupCommand::kSystemNotice;
    case DeliveryStep::kCustomMessage:
      return GroupCommand::kCustomMessage;
  }
  return std::nullopt;
}

struct Delivery {
  RoomId group{};
  DeliveryStep step = DeliveryStep::kDestroy;

  bool operator==(const Delivery&) const = default;
};

/// What became of a delivery that was tried.
enum class DeliveryEnd : std::uint8_t {
  kDone,
  kPutOff,    ///< it is tried again
  kDropped,   ///< it is never done
  kGivenUp,   ///< the same, of what failed for too long while others were answered
  kSwitched,  ///< the first notice that was refused as such: from now on they go the other way
};

std::ostream& operator<<(std::ostream& out, const Delivery& delivery);

}  // namespace rtcroom
