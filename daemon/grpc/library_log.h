// What the gRPC library has to say.
#pragma once

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"

namespace rtcroom {

/// While it lives, the library's errors go to `logger` instead of to standard error: as a warning
/// at most once a second, else at debug, with the place in the library's source and without the
/// text, which may quote what somebody sent. One at a time; the library has one log.
///
/// @threads for one thread.
class LibraryLog {
 public:
  /// Both outlive it.
  LibraryLog(Logger& logger, const Clock& clock);
  ~LibraryLog();  ///< from here on the library is silent
  LibraryLog(const LibraryLog&) = delete;
  LibraryLog& operator=(const LibraryLog&) = delete;

  /// Silences the library for good: for programs that only call a server.
  static void Silence();
};

}  // namespace rtcroom
