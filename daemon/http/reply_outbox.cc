#include "daemon/http/reply_outbox.h"

#include <string_view>
#include <utility>

namespace rtcroom {

void RemoveSent(std::size_t sent, std::string& bytes) {
  bytes.erase(0, sent);
  if (bytes.capacity() / 2 > bytes.size()) bytes.shrink_to_fit();
}

void ReplyOutbox::AppendInterim(std::string bytes) {
  if (unsent_.empty()) {
    unsent_ = std::move(bytes);
  } else {
    unsent_ += bytes;
  }
}

void ReplyOutbox::Append(EncodedResponse reply) {
  AppendInterim(std::move(reply.bytes));
  closes_ = closes_ || !reply.keep_alive;
}

IoStatus ReplyOutbox::Flush(Transport& transport) {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const IoResult put = transport.Write(std::string_view(unsent_).substr(sent));
    if (put.status != IoStatus::kDone) {
      RemoveSent(sent, unsent_);
      return put.status;
    }
    sent += put.bytes;
  }
  if (sent > 0) std::string().swap(unsent_);  // an idle connection holds no memory
  return IoStatus::kDone;
}

}  // namespace rtcroom
