// Store contract: concurrent callers of messages.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/contract/mail.h"
#include "tests/contract/store_contract.h"
#include "tests/support/in_parallel.h"

namespace rtcroom {
namespace {

constexpr int kAppenders = 8;
constexpr int kMessagesEach = 20;

/// Messages of several threads.
class Appended {
 public:
  void Add(StoredMessage message) {
    const MutexLock lock(mutex_);
    messages_.push_back(std::move(message));
  }
  /// In the order of their positions.
  std::vector<StoredMessage> Sorted() {
    const MutexLock lock(mutex_);
    std::ranges::sort(messages_, {}, &StoredMessage::position);
    return messages_;
  }

 private:
  Mutex mutex_;
  std::vector<StoredMessage> messages_ GUARDED_BY(mutex_);
};

std::vector<std::uint64_t> FirstNumbers(std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

TEST_P(StoreContract, ConcurrentAppendsToOneRoomLeaveNoGap) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  Appended appended;
  InParallel(kAppenders, [&](int caller) {
    for (int i = 0; i < kMessagesEach; ++i) {
      appended.Add(mail.AppendTo(room, std::to_string(caller * kMessagesEach + i)));
      mail.Send("amy", "bob", "between");
    }
  });
  const std::vector<StoredMessage> messages = appended.Sorted();
  ASSERT_EQ(messages.size(), std::size_t{kAppenders} * kMessagesEach);
  EXPECT_EQ(SeqsOf(messages), FirstNumbers(messages.size())) << "in the order of positions";
  EXPECT_EQ(mail.InRoom(room), messages);
  EXPECT_EQ(mail.NewestIn(room), messages.size());
}

// In PostgreSQL at two servers.
TEST_P(StoreContract, ConcurrentRepetitionsAreStoredOnce) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  std::vector<MessageContent> contents;
  for (int i = 0; i < kMessagesEach; ++i) contents.push_back(MakeMessage("amy", "x"));
  std::atomic<int> new_ones = 0;
  InParallel(kAppenders, [&](int) {
    for (const MessageContent& content : contents) {
      new_ones +=
          store_->messages().AppendMessage({.room_number = room, .content = content})->is_new ? 1
                                                                                              : 0;
      new_ones +=
          store_->messages().AppendMessage({.receiver = {"bob"}, .content = content})->is_new ? 1
                                                                                              : 0;
    }
  });
  EXPECT_EQ(new_ones, 2 * kMessagesEach);
  EXPECT_EQ(mail.All().size(), std::size_t{2} * kMessagesEach);
  EXPECT_EQ(SeqsOf(mail.InRoom(room)), FirstNumbers(kMessagesEach));
}

TEST_P(StoreContract, AppendsDuringTheEndOfARoomAreStoredOrRefused) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  Appended appended;
  InParallel(kAppenders + 1, [&](int caller) {
    if (caller == kAppenders) {
      while (mail.Newest() == 0) {
      }
      mail.DestroyRoom();
      return;
    }
    for (;;) {
      const auto message = store_->messages().AppendMessage(
          {.room_number = room, .content = MakeMessage("amy", "x")});
      if (!message) {
        EXPECT_ERROR(kRoomNotFound, message);
        EXPECT_ERROR(kRoomNotFound, store_->messages().AppendMessage(
                                        {.room_number = room, .content = MakeMessage("amy", "x")}));
        return;
      }
      appended.Add(*message);
    }
  });
  const std::vector<StoredMessage> messages = appended.Sorted();
  EXPECT_EQ(SeqsOf(messages), FirstNumbers(messages.size()));
  std::vector<StoredMessage> stored;
  for (std::uint64_t after = 0;; after = stored.back().position) {
    const std::vector<StoredMessage> page = mail.All(after);
    if (page.empty()) break;
    std::ranges::copy(page, std::back_inserter(stored));
  }
  EXPECT_EQ(stored.size(), std::min<std::size_t>(messages.size(), 1000));
  EXPECT_TRUE(
      std::ranges::equal(stored, messages | std::views::drop(messages.size() - stored.size())));
}

TEST_P(StoreContract, AReaderDuringAppendsMissesNoMessage) {
  constexpr std::size_t kAll = std::size_t{kAppenders} * kMessagesEach;
  Mail mail(*store_);
  std::vector<StoredMessage> followed;
  Appended appended;
  InParallel(kAppenders + 1, [&](int caller) {
    if (caller < kAppenders) {
      for (int i = 0; i < kMessagesEach; ++i) {
        const StoredMessage message = mail.Send("amy", "bob", std::to_string(i));
        EXPECT_GE(mail.Newest(), message.position) << "visible when the append returns";
        appended.Add(message);
      }
      return;
    }
    std::uint64_t position = 0;
    while (followed.size() < kAll) {
      const auto page = store_->messages().ReadMessages(position, 7);
      ASSERT_OK(page);
      if (page->empty()) continue;
      std::ranges::copy(*page, std::back_inserter(followed));
      position = page->back().position;
    }
  });
  EXPECT_EQ(followed, appended.Sorted());
}

}  // namespace
}  // namespace rtcroom
