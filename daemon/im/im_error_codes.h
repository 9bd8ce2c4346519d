// The IM service's error codes.
#pragma once

#include "daemon/im/im_service.h"

namespace rtcroom {

/// Maps an `ErrorCode` to an outcome; kDone for 0, kRefused for an unknown one.
/// @source protocol D.7.
ImOutcome OutcomeOfErrorCode(GroupCommand command, int error_code);

/// Whether a new signature of the administrator may help: the old one has expired or is rejected.
/// @source protocol D.7.
bool NeedsNewSignature(int error_code);

}  // namespace rtcroom
