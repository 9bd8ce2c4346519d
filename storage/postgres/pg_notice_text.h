// Notices as texts in the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/push_notice.h"

namespace rtcroom::pg {

std::string EncodeNotice(NoticeFact fact);
/// Anything behind the members that this program knows is ignored.
/// @return nullopt: a fact that this program does not know, or none.
std::optional<NoticeFact> DecodeNotice(std::string_view text);

}  // namespace rtcroom::pg
