// Replies of the admin listener, in JSON with a `code`.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/http/message.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// A reply and what the log records of it.
struct AdminReply {
  HttpReply http{};
  RequestLabel label{};
};

/// `fields` and `"code":0`.
AdminReply AdminSuccess(nlohmann::json fields);

/// HTTP status, code and message as that error has them, and its sentence as `detail`: operators
/// may read what phones may not, and so may the log.
AdminReply AdminFailure(const Error& error);

/// 404, 405 and the like, with the code of `RefusalOf`.
/// @param detail  what is wrong; empty: as `RefusalOf` has it.
AdminReply AdminRefusal(int status, std::string_view detail = {});

}  // namespace rtcroom
