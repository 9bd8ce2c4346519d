// The descriptors 0, 1 and 2, which every program expects to be open.
#pragma once

namespace rtcroom {

/// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed. Otherwise the next file or
/// socket that the process opens gets the number, and receives what is meant for standard output or
/// the log. Call it before any other descriptor is opened, from the only thread.
///
/// @return false when /dev/null cannot be opened.
[[nodiscard]] bool OpenStandardDescriptors();

}  // namespace rtcroom
