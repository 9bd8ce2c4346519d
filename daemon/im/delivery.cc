#include "daemon/im/delivery.h"

#include <string_view>

namespace rtcroom {

std::ostream& operator<<(std::ostream& out, const Delivery& delivery) {
  const std::optional<GroupCommand> command = CommandOf(delivery.step);
  out << (command ? GroupCommandName(*command) : std::string_view("forget_task"));
  return out << " of " << delivery.group;
}

}  // namespace rtcroom
