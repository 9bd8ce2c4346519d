// A reply whose body is written in pieces, without a known end.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace rtcroom {

/// The handle for writing the body of one reply. The reply has its connection to itself, and no
/// thread waits for it. The reply ends with its connection: when the last owner releases the
/// handle, after the written data is sent; when the client disconnects, reads nothing for too long
/// or leaves too much unsent; when the server drains.
///
/// Release the handle before the threads of its listener end.
///
/// @threads safe from any thread.
class StreamedReply {
 public:
  /// Called once, on the connection's thread, when the reply has ended for any reason: later writes
  /// are not sent. It must be quick and not throw.
  using OnEnd = std::function<void()>;

  virtual ~StreamedReply() = default;

  /// Sends more of the body, without ever waiting for the client.
  /// @return false when the reply has ended, also because this write exceeded the unsent limit.
  virtual bool Write(std::string_view bytes) = 0;

  /// Bytes written that the client has not taken yet. A writer that can wait should check it: past
  /// a bound (1 MiB, unless the opener gave another) the reply is ended.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
};

}  // namespace rtcroom
