// GET /console/api/recordings: the index of recordings.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/core/recording_store.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// A page of all recordings, or of those that match the query, the newest first.
/// @param base_url  of links to files; empty: there are none.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ListRecordings(const HttpRequest& request, RecordingStore& store,
                                      std::string_view base_url);

}  // namespace rtcroom
