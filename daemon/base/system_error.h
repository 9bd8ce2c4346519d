// Errors of the operating system as `Error`.
#pragma once

#include <string_view>

#include "daemon/base/result.h"

namespace rtcroom {

/// kUnavailable, with "`what`: the system's text for `error_number`".
///
/// @param what          the failed operation and its object: "cannot write /some/file".
/// @param error_number  an errno value.
/// @threads safe from any thread.
Error SystemError(std::string_view what, int error_number);

}  // namespace rtcroom
