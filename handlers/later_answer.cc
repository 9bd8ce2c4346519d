#include "handlers/later_answer.h"

#include <utility>

namespace rtcroom {

LaterAnswer::LaterAnswer(std::shared_ptr<PendingReply> pending, RequestLabel label, Headers headers)
    : pending_(std::move(pending)), label_(std::move(label)), headers_(std::move(headers)) {}

void LaterAnswer::Send(const Reply& reply) {
  if (sent_.exchange(true)) return;
  HttpReply rendered = Render(reply, label_);
  rendered.headers.insert(rendered.headers.end(), headers_.begin(), headers_.end());
  pending_->Send(std::move(rendered));
}

}  // namespace rtcroom
