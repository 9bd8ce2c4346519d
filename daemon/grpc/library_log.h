// Redirects the log of the gRPC library.
#pragma once

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"

namespace rtcroom {

/// During its lifetime, the library's errors go to `logger` instead of standard error: as a warning
/// at most once a second, else at debug level, with the source location and without the text, which
/// may quote a client's data. One object at a time: the library has one log.
///
/// @threads for one thread.
class LibraryLog {
 public:
  /// Both outlive it.
  LibraryLog(Logger& logger, const Clock& clock);
  ~LibraryLog();  ///< silences the library
  LibraryLog(const LibraryLog&) = delete;
  LibraryLog& operator=(const LibraryLog&) = delete;

  /// Silences the library permanently: for programs that are only clients.
  static void Silence();
};

}  // namespace rtcroom
