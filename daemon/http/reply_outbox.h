// The unsent replies of a connection.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/http/response_writer.h"
#include "daemon/http/transport.h"

namespace rtcroom {

/// Removes the first bytes, which are sent, and most of their memory: the client may leave the rest
/// for long.
void RemoveSent(std::size_t sent, std::string& bytes);

/// Holds memory only while bytes are unsent.
///
/// @threads for one thread at a time.
class ReplyOutbox {
 public:
  void Append(EncodedResponse reply);
  /// Appends bytes that are not a whole reply: 100 Continue, or a piece of a stream.
  void AppendInterim(std::string bytes);

  /// Writes as much as the socket accepts.
  /// @return kDone when nothing is left; else the readiness to wait for, or kClosed.
  IoStatus Flush(Transport& transport);

  [[nodiscard]] std::size_t size() const { return unsent_.size(); }
  /// Allocated bytes; after a `Flush` that left some unsent about twice `size()` at most.
  [[nodiscard]] std::size_t capacity() const { return unsent_.capacity(); }
  [[nodiscard]] bool empty() const { return unsent_.empty(); }
  /// Whether a reply announced that the connection closes after it.
  [[nodiscard]] bool closes() const { return closes_; }

 private:
  std::string unsent_;
  bool closes_ = false;
};

}  // namespace rtcroom
