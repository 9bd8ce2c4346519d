// A connection that carries bytes of another protocol in both directions.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "daemon/http/streamed_reply.h"

namespace rtcroom {

/// The handle for writing to a connection that was upgraded (RFC 9110 7.8), with the same ends as
/// any streamed reply. What the client sends is passed to the functions of its `Owner`.
///
/// @threads safe from any thread.
class TwoWayStream : public StreamedReply {
 public:
  /// The result of received bytes at the owner.
  struct Receipt {
    /// Bytes of memory that it holds for an unfinished message: they count towards the memory held
    /// for clients.
    std::size_t held = 0;
    /// Nothing more is read until `ReadOn`, so that the client has to wait.
    bool pause = false;
  };

  /// The functions that a stream calls on the connection's thread: they must be quick. Each gets
  /// the handle, since the first call may come before `Responder::Upgrade` has returned. They may
  /// write, and release the handle. An exception ends the connection.
  struct Owner {
    /// The `OnEnd` of every streamed reply; must not throw.
    OnEnd on_end{};
    /// Receives the client's bytes in order, beginning with those that arrived together with the
    /// request. Not called once the handle is released.
    std::function<Receipt(TwoWayStream& stream, std::string_view bytes)> on_bytes{};
    /// The server drains: the last call before `on_end`, to write a goodbye. The stream then ends,
    /// immediately if the client does not take everything at once.
    std::function<void(TwoWayStream& stream)> on_drain{};
    /// The client has taken so much that at most `low_unsent` bytes are unsent, after more were: to
    /// write what was put off because of them. Not called once the handle is released.
    std::function<void(TwoWayStream& stream)> on_taken{};
    std::size_t low_unsent = 0;
    /// The bound on unsent bytes. Above half of it nothing more is read: a client that does not
    /// take the answers has to wait.
    std::size_t max_unsent = std::size_t{64} << 10;
    /// The stream ends when the client, while it is read, sends nothing for so long.
    std::chrono::milliseconds idle_timeout{60'000};
  };

  /// Ends the pause that a `Receipt` has asked for.
  /// @param held  as in a `Receipt`, which it replaces.
  virtual void ReadOn(std::size_t held) = 0;
};

}  // namespace rtcroom
