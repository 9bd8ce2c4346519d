// What the log may say of an exception.
#pragma once

#include <string_view>

namespace rtcroom {

/// The name of the type of the exception that is being handled: its type, not its text, which may
/// quote what somebody sent. To be called within a catch clause.
///
/// @return static storage.
/// @threads safe from any thread.
std::string_view TypeOfThrown();

}  // namespace rtcroom
