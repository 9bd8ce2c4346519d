// Everything that one database stores.
#pragma once

#include "daemon/auth/session_store.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Rooms, and all other stored data: each user takes only the interface that it needs.
///
/// @threads safe from any thread.
class Storage : public Store, public BanStore, public DeliveryStore, public SessionStore {};

}  // namespace rtcroom
