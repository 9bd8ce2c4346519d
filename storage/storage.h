// Everything that one database stores.
#pragma once

#include "daemon/auth/session_store.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/group_task_store.h"
#include "daemon/core/position_store.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Rooms, and all other stored data: each user takes only the interface that it needs.
///
/// @threads safe from any thread.
class Storage : public Store,
                public BanStore,
                public GroupTaskStore,
                public PositionStore,
                public SessionStore {};

}  // namespace rtcroom
