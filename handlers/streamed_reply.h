// A reply whose body is told bit by bit, for as long as somebody has something to tell.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace rtcroom {

/// The right to write the body of one reply. Its connection carries it alone, and no thread waits
/// for it. The reply ends with its connection: when the last owner lets go of it, after what was
/// written; when the client has gone, takes nothing for too long or too much waits for it; when
/// the server drains.
///
/// Let go of it before the threads of its listener end.
///
/// @threads safe from any thread.
class StreamedReply {
 public:
  /// Called once, on the connection's thread, when the reply has ended, whoever ended it: nothing
  /// that is written from then on is sent. It must be quick and not throw.
  using OnEnd = std::function<void()>;

  virtual ~StreamedReply() = default;

  /// Sends more of the body, without ever waiting for the client.
  /// @return false when the reply has ended, if only because too much would wait by now.
  virtual bool Write(std::string_view bytes) = 0;

  /// What was written and the client has not taken yet, in bytes. Whoever can wait with writing
  /// looks at it: past a bound (1 MiB) the reply is ended.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
};

}  // namespace rtcroom
