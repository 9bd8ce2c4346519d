// A phone with the SDK of the IM service, whose calls go to the server itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/mutex.h"
#include "tests/e2e/channel_caller.h"

namespace rtcroom {

/// A message as the page of a mini-program receives it.
struct ReceivedText {
  std::string group;
  std::string from;
  std::uint64_t seq = 0;
  std::string text;

  bool operator==(const ReceivedText&) const = default;
};

struct ReceivedNotice {
  std::string group;
  int type = 0;  ///< 255: the members changed; 5: the group ended
  std::string data;

  bool operator==(const ReceivedNotice&) const = default;
};

/// Calls in the order of the SDK, with its cursors, and two polls that run until it logs out. Like
/// the SDK it polls on at once after any reply, and counts what would make it give up.
///
/// @threads for one thread.
class ChannelPhone {
 public:
  ChannelPhone(Connect connect, ChannelUser user);
  /// Ends its polls as a phone that is switched off.
  ~ChannelPhone();
  ChannelPhone(const ChannelPhone&) = delete;
  ChannelPhone& operator=(const ChannelPhone&) = delete;

  /// Every call of a login; starts the account's poll.
  /// @return the first ErrorCode other than 0.
  int LogIn();
  /// Starts a poll of the group, beside one that runs already, as the SDK does.
  int Join(const std::string& group);

  /// Sends beside its polls; logged in like them.
  ChannelCaller& caller() { return caller_; }
  /// @return the ErrorCode.
  int SendText(const std::string& group, const std::string& text) {
    return caller_.SendText(group, text);
  }
  int SendDirect(const std::string& account, const std::string& data) {
    return caller_.SendDirect(account, data);
  }

  [[nodiscard]] const std::string& account() const { return caller_.account(); }
  [[nodiscard]] std::vector<ReceivedText> texts() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<ReceivedNotice> notices() const EXCLUDES(mutex_);
  /// The custom data of direct messages.
  [[nodiscard]] std::vector<std::string> directs() const EXCLUDES(mutex_);
  [[nodiscard]] bool is_kicked() const { return is_kicked_; }
  /// Replies of the room's poll that would make the SDK call it kicked: FAIL, no object, none.
  [[nodiscard]] int room_failures() const { return room_failures_; }

 private:
  /// A poll that sends one request after the other.
  struct Poll {
    ChannelCaller caller;
    std::jthread thread{};
  };

  /// A poll that is between two requests ends with the reply to its next one.
  void EndPolls();
  void Start(const std::function<void(Poll&)>& round);
  void PollAccount(Poll& poll) EXCLUDES(mutex_);
  void PollRoom(Poll& poll) EXCLUDES(mutex_);
  void ReceiveNotice(const nlohmann::json& entry) REQUIRES(mutex_);
  void ReceiveText(const nlohmann::json& entry) REQUIRES(mutex_);

  const Connect connect_;
  ChannelCaller caller_;
  std::string poll_id_;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_kicked_{false};
  std::atomic<int> room_failures_{0};
  std::vector<std::unique_ptr<Poll>> polls_;

  mutable Mutex mutex_;
  std::uint64_t notice_seq_ GUARDED_BY(mutex_) = 0;
  // All room polls of the SDK share one position.
  std::uint64_t start_ GUARDED_BY(mutex_) = 0;
  std::string key_ GUARDED_BY(mutex_);
  std::vector<ReceivedText> texts_ GUARDED_BY(mutex_);
  std::vector<ReceivedNotice> notices_ GUARDED_BY(mutex_);
  std::vector<std::string> directs_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
