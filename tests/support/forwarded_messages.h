// Messages of another store, for tests that change some of its calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/failing_store.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

class ForwardedMessages : public MessageStore {
 public:
  Result<AppendedMessage> AppendMessage(StoredMessage message,
                                        const RepeatsAfter& repeats) override {
    return target().AppendMessage(std::move(message), repeats);
  }
  Result<std::vector<StoredMessage>> ReadMessages(std::uint64_t position,
                                                  std::size_t limit) override {
    return target().ReadMessages(position, limit);
  }
  Result<std::uint64_t> NewestMessage() override { return target().NewestMessage(); }
  Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) override {
    return target().NewestRoomMessage(room_number);
  }
  Result<std::vector<StoredMessage>> ReadRoomMessages(std::uint64_t room_number,
                                                      std::uint64_t first,
                                                      std::size_t limit) override {
    return target().ReadRoomMessages(room_number, first, limit);
  }
  Result<std::vector<StoredMessage>> ReadDirectMessages(const UserId& one, const UserId& other,
                                                        std::optional<std::uint64_t> before,
                                                        std::size_t limit) override {
    return target().ReadDirectMessages(one, other, before, limit);
  }
  Result<std::vector<StoredMessage>> ReadDirectMessagesAt(const UserId& one, const UserId& other,
                                                          TimePoint time, FromTime direction,
                                                          std::size_t limit) override {
    return target().ReadDirectMessagesAt(one, other, time, direction, limit);
  }
  Result<std::vector<StoredMessage>> ReadMessagesOf(const UserId& user, std::uint64_t position,
                                                    std::size_t limit) override {
    return target().ReadMessagesOf(user, position, limit);
  }
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    return target().ReadPendingMessages(receiver, since, limit);
  }
  Status SettleMessages(std::span<const ReceivedMessages> received) override {
    return target().SettleMessages(received);
  }
  Result<std::vector<StoredMessage>> ReadConversations(const UserId& user,
                                                       std::size_t limit) override {
    return target().ReadConversations(user, limit);
  }
  Result<std::size_t> TrimMessages(const MessageRetention& retention) override {
    return target().TrimMessages(retention);
  }

 private:
  /// Asked for at each call.
  virtual MessageStore& target() = 0;
};

/// A store of which a test overrides calls of messages or rooms.
class ChangedStore : public TempStore, public ForwardedMessages, public FailingStore {
 public:
  ChangedStore(StoreLimits limits, std::string epoch, CommitListener& listener)
      : TempStore(limits, std::move(epoch), listener), FailingStore(TempStore::rooms()) {}
  Store& rooms() override { return *this; }
  MessageStore& messages() override { return *this; }

 private:
  MessageStore& target() override { return TempStore::messages(); }
};

}  // namespace rtcroom
