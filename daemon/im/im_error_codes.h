// What the IM service's error numbers mean for us.
#pragma once

#include "daemon/im/im_service.h"

namespace rtcroom {

/// What to make of an `ErrorCode`; kDone for 0, kRefused for one that nobody has told us of.
/// @source protocol D.7.
ImOutcome OutcomeOfErrorCode(GroupCommand command, int error_code);

/// Whether a fresh signature of the administrator may help: the old one has expired, or is not
/// accepted.
/// @source protocol D.7.
bool NeedsNewSignature(int error_code);

}  // namespace rtcroom
