// GET /console/api/recordings: the index of recordings.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/server_endpoint.h"
#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// A page of all recordings, or of those that match the query, the newest first.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ListRecordings(const HttpRequest& request, RecordingStore& store,
                                      const ConsoleFacts& facts);

}  // namespace rtcroom
