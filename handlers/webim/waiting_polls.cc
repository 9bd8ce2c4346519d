#include "handlers/webim/waiting_polls.h"

#include <utility>

#include "handlers/channel/channel_codes.h"
#include "handlers/webim/webim_json.h"
#include "handlers/webim/webim_login.h"

namespace rtcroom {
namespace {

/// Polls of one kind that a login may have waiting; one more answers the oldest. A client has a
/// loop of them for each room that ended while it was in it, and for each second join. With fewer
/// than it has loops, each poll would answer another at once, without end. A mini-program has at
/// most ten requests under way.
constexpr std::size_t kMaxPolls = 10;
/// Keys of this server have less than a fifth of that.
constexpr std::size_t kMaxKeyBytes = 512;

LoginPolls& PollsOf(WebimLogin& owner, const WaitingPoll& poll) {
  return poll.room ? owner.room_polls : owner.account_polls;
}

}  // namespace

void WaitingPolls::Hold(WebimLogin* owner, std::optional<RoomPoll> room, PollReply reply,
                        WebimTurn& turn) {
  ++polls_;
  if (!room) {
    ++account_polls_;
  } else if (room->key.size() > kMaxKeyBytes) {
    room->key.resize(kMaxKeyBytes);
  }
  turn.held = std::make_shared<WaitingPoll>(WaitingPoll{.reply = std::move(reply),
                                                        .due = turn.now + options_.hold,
                                                        .owner = owner,
                                                        .room = std::move(room)});
  if (owner == nullptr) return;
  LoginPolls& polls = PollsOf(*owner, *turn.held);
  polls.waiting.push_back(turn.held);
  if (polls.waiting.size() > 1) MarkShared(polls, turn.now);
  if (polls.waiting.size() > kMaxPolls) AnswerEmpty(*polls.waiting.front(), turn);
}

void WaitingPolls::Pause(std::optional<RoomPoll> room, PollReply reply, WebimTurn& turn) {
  Hold(nullptr, std::move(room), std::move(reply), turn);
  turn.held->due = turn.now + kPause;
}

void WaitingPolls::Deliver(LoginPolls& polls, std::string body, std::optional<TimePoint> made_at,
                           WebimTurn& turn) {
  WaitingPoll& poll = *polls.waiting.back();
  const DeliveryPath path = poll.room ? DeliveryPath::kRoom : DeliveryPath::kAccount;
  ++counts_.deliveries.at(static_cast<std::size_t>(path));
  if (turn.is_of_feed && made_at) turn.deliveries.push_back({.path = path, .made_at = *made_at});
  Answer(poll, std::move(body), turn);
}

void WaitingPolls::DeliverByRoom(WebimLogin& login, std::string_view entries,
                                 std::optional<TimePoint> made_at, WebimTurn& turn) {
  Deliver(login.room_polls, RoomReplyTo(*login.room_polls.waiting.back(), entries), made_at, turn);
}

void WaitingPolls::AnswerNewestEmpty(LoginPolls& polls, WebimTurn& turn) {
  AnswerEmpty(*polls.waiting.back(), turn);
}

void WaitingPolls::AnswerAllEmpty(LoginPolls& polls, WebimTurn& turn) {
  while (!polls.waiting.empty()) AnswerEmpty(*polls.waiting.front(), turn);
}

void WaitingPolls::AnswerKicked(WebimLogin& login, WebimTurn& turn) {
  const std::vector<WaitingPollPtr>& polls = login.account_polls.waiting;
  while (!polls.empty()) Answer(*polls.front(), KickedReply(), turn);
}

void WaitingPolls::Answer(WaitingPoll& poll, std::string body, WebimTurn& turn) {
  turn.replies.emplace_back(std::exchange(poll.reply, {}), std::move(body));
  --polls_;
  if (!poll.room) --account_polls_;
  WebimLogin* const owner = poll.owner;
  if (owner == nullptr) return;
  owner->seen_at = turn.now;
  // The poll may end with its place.
  std::erase_if(PollsOf(*owner, poll).waiting,
                [held = &poll](const WaitingPollPtr& one) { return one.get() == held; });
  if (owner->room && owner->polls() == 0) {
    last_answers_.push_back({.at = turn.now, .instance = owner->claims.instance});
  }
}

void WaitingPolls::AnswerEmpty(WaitingPoll& poll, WebimTurn& turn) {
  Answer(poll, poll.room ? RoomReplyTo(poll, "") : FailureReply(kNothingNew.code, kNothingNew.info),
         turn);
}

std::string WaitingPolls::RoomReplyTo(const WaitingPoll& poll, std::string_view entries) const {
  const std::chrono::seconds hold = options_.HoldInSeconds();
  if (poll.owner != nullptr && poll.owner->room) {
    const Membership& room = *poll.owner->room;
    return RoomReply(room.confirmed, hold, room.key, entries);
  }
  return RoomReply(poll.room->start, hold, poll.room->key, entries);
}

std::optional<Unconfirmed> WaitingPolls::TakeUnconfirmed(MonotonicTime now) {
  if (unconfirmed_.empty() || unconfirmed_.front().since + options_.resend_after > now) {
    return std::nullopt;
  }
  const Unconfirmed oldest = unconfirmed_.front();
  unconfirmed_.pop_front();
  return oldest;
}

std::optional<LastAnswer> WaitingPolls::TakeLastAnswer(MonotonicTime now) {
  if (last_answers_.empty() || last_answers_.front().at + WebimLogin::kComesBack > now) {
    return std::nullopt;
  }
  const LastAnswer oldest = last_answers_.front();
  last_answers_.pop_front();
  return oldest;
}

void WaitingPolls::RetractOf(InFlight& in_flight, MonotonicTime since) {
  if (in_flight.end > 0 && in_flight.since == since) Retract(in_flight);
}

void WaitingPolls::Retract(InFlight& in_flight) {
  in_flight = {};
  ++counts_.redeliveries;
}

/// A single poll that asks again has lost the answer. Several share the position: others come with
/// the old one while the answer is on its way.
void WaitingPolls::RetractIfAskedAgain(InFlight& in_flight, const LoginPolls& polls,
                                       MonotonicTime now) {
  if (in_flight.end > 0 && polls.waiting.size() == 1 && polls.shared_until <= now) {
    Retract(in_flight);
  }
}

void WaitingPolls::Orphan(WebimLogin& login) {
  for (const LoginPolls* const polls : {&login.account_polls, &login.room_polls}) {
    for (const WaitingPollPtr& poll : polls->waiting) poll->owner = nullptr;
  }
}

void WaitingPolls::End(WaitingPoll& poll, WebimTurn& turn) {
  if (poll.reply.render) AnswerEmpty(poll, turn);
}

}  // namespace rtcroom
