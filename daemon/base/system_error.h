// Failures of the operating system as `Error`.
#pragma once

#include <string_view>

#include "daemon/base/result.h"

namespace rtcroom {

/// kUnavailable, with "`what`: the system's words for `error_number`".
///
/// @param what          what could not be done, and to what: "cannot write /some/file".
/// @param error_number  as errno has it.
/// @threads safe from any thread.
Error SystemError(std::string_view what, int error_number);

}  // namespace rtcroom
