// Replies on their way to a client.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/http/response_writer.h"
#include "daemon/http/transport.h"

namespace rtcroom {

/// Holds bytes only while the client does not take them.
///
/// @threads for one thread at a time.
class ReplyOutbox {
 public:
  void Append(EncodedResponse reply);
  /// What comes before a reply (100 Continue).
  void AppendInterim(std::string_view bytes) { unsent_ += bytes; }

  /// Writes as much as the client takes.
  /// @return kDone when nothing is left; else what to wait for, or that the client has gone.
  IoStatus Flush(Transport& transport);

  [[nodiscard]] std::size_t size() const { return unsent_.size(); }
  /// Bytes of memory, which may be several times as many.
  [[nodiscard]] std::size_t capacity() const { return unsent_.capacity(); }
  [[nodiscard]] bool empty() const { return unsent_.empty(); }
  /// Whether a reply said that the connection ends with it.
  [[nodiscard]] bool closes() const { return closes_; }

 private:
  std::string unsent_;
  bool closes_ = false;
};

}  // namespace rtcroom
