// Everything that one database keeps.
#pragma once

#include "daemon/auth/session_store.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/group_task_store.h"
#include "daemon/core/position_store.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Rooms, and beside them what is not a room: users take the one interface that they need.
///
/// @threads safe from any thread.
class Storage : public Store,
                public BanStore,
                public GroupTaskStore,
                public PositionStore,
                public SessionStore {};

}  // namespace rtcroom
