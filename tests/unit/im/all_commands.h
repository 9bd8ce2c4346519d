#pragma once

#include "daemon/im/im_service.h"

namespace rtcroom {

inline constexpr GroupCommand kAllCommands[] = {GroupCommand::kCreate, GroupCommand::kDestroy,
                                                GroupCommand::kSystemNotice,
                                                GroupCommand::kCustomMessage};

}  // namespace rtcroom
