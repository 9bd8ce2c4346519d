// A loggable description of an exception.
#pragma once

#include <string_view>

namespace rtcroom {

/// The type name of the exception being handled, not its text, which may quote client input. Call
/// it within a catch clause.
///
/// @return static storage.
/// @threads safe from any thread.
std::string_view CurrentExceptionType();

}  // namespace rtcroom
