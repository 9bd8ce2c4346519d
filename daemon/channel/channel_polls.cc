#include "daemon/channel/channel_polls.h"

#include <string>
#include <utility>
#include <vector>

namespace rtcroom {
namespace {

/// Messages that are read for a poll, when they are not in memory.
constexpr std::size_t kOlderPerPoll = 50;

}  // namespace

void ChannelPolls::PollAccount(const ChannelInstance& caller, std::uint64_t cursor,
                               PollReply reply) {
  const bool needs_pending = [&] {
    const MutexLock lock(core_.mutex);
    const Login* const login = core_.state.logins().Find(caller.instance);
    return login != nullptr && AccountPolls::NeedsPending(*login);
  }();
  std::optional<std::vector<StoredMessage>> pending;
  if (needs_pending) {
    auto read = history_.PendingMessages(caller.account);
    if (!read) return Pause(std::nullopt, std::move(reply));  // the next poll reads them
    pending = *std::move(read);
  }
  ChannelCore::Turn turn(core_);
  Login* const login = core_.state.logins().Find(caller.instance);
  AccountPolls& polls = core_.state.account_polls();
  if (pending && login != nullptr) polls.GivePending(*login, cursor, *pending, turn);
  polls.Poll(login, cursor, std::move(reply), turn);
  AnswerIfStopping(turn);
}

void ChannelPolls::PollRoom(const std::optional<ChannelInstance>& caller, std::uint64_t start,
                            std::string_view key, PollReply reply) {
  const RoomPoll poll{
      .start = start, .key = std::string(key), .claims = core_.tokens.ReadRoomKey(key)};
  if (!caller) {
    ChannelCore::Turn turn(core_);
    core_.state.room_polls().Poll(nullptr, poll, {}, std::move(reply), turn);
    AnswerIfStopping(turn);
    return;
  }
  const std::uint64_t instance = caller->instance;
  if (poll.claims && poll.claims->instance == instance &&
      !groups_.Rejoin(*caller, *poll.claims, key)) {
    return Pause(poll, std::move(reply));  // the next poll tries again
  }
  const std::optional<RoomPolls::Missing> missing = [&] {
    const MutexLock lock(core_.mutex);
    return RoomPolls::MissingFor(core_.state.logins().Find(instance), poll);
  }();
  std::vector<StoredMessage> stored;
  std::optional<RoomPolls::OlderMessages> older;
  if (missing) {
    auto read =
        core_.deps.history.ReadRoomMessages(missing->room_number, missing->first, kOlderPerPoll);
    if (read) {
      stored = *std::move(read);
      older = RoomPolls::OlderMessages{.missing = *missing, .stored = stored};
    }
  }
  ChannelCore::Turn turn(core_);
  core_.state.room_polls().Poll(core_.state.logins().Find(instance), poll, older, std::move(reply),
                                turn);
  AnswerIfStopping(turn);
}

void ChannelPolls::Pause(const std::optional<RoomPoll>& room, PollReply reply) {
  ChannelCore::Turn turn(core_);
  core_.state.polls().Pause(room, std::move(reply), turn);
  AnswerIfStopping(turn);
}

void ChannelPolls::AnswerAll() {
  ChannelCore::Turn turn(core_);
  is_stopping_ = true;
  core_.state.polls().AnswerAll(turn);
}

void ChannelPolls::AnswerIfStopping(ChannelTurn& turn) {
  if (is_stopping_) core_.state.polls().AnswerAll(turn);
}

}  // namespace rtcroom
