#include "handlers/later_answer.h"

#include <utility>

namespace rtcroom {

LaterAnswer::LaterAnswer(std::shared_ptr<PendingReply> pending, RequestLabel label,
                         std::string origin, Bill bill, const Cors& cors)
    : pending_(std::move(pending)),
      label_(std::move(label)),
      origin_(std::move(origin)),
      bill_(std::move(bill)),
      cors_(cors) {}

void LaterAnswer::Send(const Reply& reply) {
  if (sent_.exchange(true)) return;
  HttpReply rendered = Render(reply, label_);
  bill_.ChargeReply(rendered.body.size());
  cors_.AddOrigin(origin_, rendered.headers);
  pending_->Send(std::move(rendered));
}

}  // namespace rtcroom
