// What clients of 2018 are to receive, with the logins, a store, a clock and the phones that poll.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/channel/login_table.h"
#include "handlers/webim/webim_state.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {

// Kinds of system notices, and codes of replies.
inline constexpr int kEndNotice = 5;
inline constexpr int kChangeNotice = 255;
inline constexpr int kNothingNewCode = 60008;
inline constexpr int kKickedCode = 91101;

/// A poll that a phone has sent, and its reply.
class SentPoll {
 public:
  /// The right to answer it.
  static PollReply ReplyTo(const std::shared_ptr<SentPoll>& poll) {
    return {.render = [poll](std::string body, RequestLabel& /*label*/) {
      poll->reply_ = nlohmann::json::parse(body);
      poll->bodies_.push_back(std::move(body));
      return HttpReply();
    }};
  }

  [[nodiscard]] bool is_answered() const { return !bodies_.empty(); }
  /// 1 at most, or the server has a fault.
  [[nodiscard]] std::size_t replies() const { return bodies_.size(); }
  /// Null without a reply.
  [[nodiscard]] const nlohmann::json& reply() const { return reply_; }
  [[nodiscard]] std::string Body() const { return bodies_.empty() ? "" : bodies_.front(); }

  // Of a room's poll: of its reply.
  [[nodiscard]] std::uint64_t NextSeq() const { return reply().value("NextSeq", 0ULL); }
  [[nodiscard]] std::string Key() const { return reply().value("Key", ""); }
  /// The numbers of the messages.
  [[nodiscard]] std::vector<std::uint64_t> Texts() const;
  // Of either kind.
  /// The kinds of the system notices.
  [[nodiscard]] std::vector<int> Notices() const;
  // Of an account's poll.
  [[nodiscard]] int ErrorCode() const { return reply().value("ErrorCode", -1); }
  /// The numbers that the senders gave to the direct messages.
  [[nodiscard]] std::vector<std::uint64_t> Directs() const;
  /// Of each entry.
  [[nodiscard]] std::vector<std::uint64_t> NoticeSeqs() const;

 private:
  [[nodiscard]] std::vector<nlohmann::json> EventsOf(int event) const;

  std::vector<std::string> bodies_;
  nlohmann::json reply_;
};
using PollPtr = std::shared_ptr<SentPoll>;

/// The server: what the channel does around its state, without threads. A room `n` has the number n
/// and the ID `room_n`.
class ChannelWorld {
 public:
  explicit ChannelWorld(const ChannelOptions& options = {});

  WebimState& state() { return *state_; }
  LoginTable& logins() { return *logins_; }
  /// Of a login that is known.
  WebimLogin& LoginOf(const ChannelInstance& login) {
    return *state().logins().Find(login.instance);
  }
  /// Without a login when the account is not known.
  Account& AccountOf(const UserId& account);
  bool IsMember(std::uint64_t room, const UserId& account);
  std::size_t CountMembers(std::uint64_t room);
  /// Makes one change, sends the replies after it, and has a poll wait that is held.
  void Change(const std::function<void(WebimTurn&)>& change);
  /// Ends the polls whose deadline is no later.
  void EndPolls(MonotonicTime until = MonotonicTime::max());
  /// Makes a change of the logins, and tells the clients after it.
  void ChangeLogins(const std::function<void(ChannelTurn&)>& change);
  ChannelCounts counts();
  ChannelSizes sizes();
  ConnectedLogins Page(const LoginQuery& query);
  std::size_t held_bytes() { return logins().held_bytes() + state().held_bytes(); }
  void Shrink(std::size_t most);

  /// Advances both clocks, with a tick each 100 ms.
  void Advance(std::chrono::milliseconds by);
  void JumpWallClock(std::chrono::milliseconds by) { clock_.JumpWallClock(by); }
  [[nodiscard]] const FakeClock& clock() const { return clock_; }
  struct Latency {
    DeliveryPath path = DeliveryPath::kAccount;
    std::chrono::milliseconds time{0};
    bool operator==(const Latency&) const = default;
  };
  /// Of the answers to polls that waited.
  [[nodiscard]] const std::vector<Latency>& latencies() const { return latencies_; }
  /// Forgets everything but the store. Waiting polls are cut.
  void Restart();

  // The store.
  /// A message that is not supplied to the state yet. @return its number in the room.
  std::uint64_t Store(std::uint64_t room, std::string_view text = "hello");
  /// Likewise; `seq` is the sender's number.
  void StoreDirect(const std::string& account, std::uint64_t seq,
                   const std::string& sender = "sender", const std::string& body = "[]");
  /// Supplies what was stored.
  void Feed();
  void FeedOne(const StoredMessage& message);
  std::uint64_t Say(std::uint64_t room, std::string_view text = "hello");
  void SayTo(const std::string& account, std::uint64_t seq, const std::string& sender = "sender",
             const std::string& body = "[]");
  /// Removes the messages of the room before that one.
  void Trim(std::uint64_t room, std::uint64_t first);
  [[nodiscard]] std::uint64_t LastSeq(std::uint64_t room) const;
  void FailReads(bool fail) { reads_fail_ = fail; }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  /// An event in the room.
  void Happens(std::uint64_t room, const EventPayload& what, bool is_of_feed = false);
  void LoseEvents();
  /// Changes the members of the room.
  void ChangeMembers(std::uint64_t room);
  [[nodiscard]] std::uint64_t MembersVersion(std::uint64_t room) { return members_[room]; }
  void End(std::uint64_t room);

  // Requests. All but the login admit the instance first, as `Channel` does.
  ChannelInstance LogIn(const std::string& account);
  Standing Admit(const ChannelInstance& caller);
  void LogOut(std::uint64_t instance);
  /// The login has a connection. @return whether it has not ended.
  bool Attach(const ChannelInstance& login, std::function<void()> on_kicked,
              ClientKind client = ClientKind::kRtcroom);
  /// @return the key.
  std::string Join(const ChannelInstance& caller, std::uint64_t room);
  void Quit(const ChannelInstance& caller, std::uint64_t room);
  PollPtr PollAccount(const ChannelInstance& caller, std::uint64_t cursor);
  PollPtr PollRoom(const ChannelInstance& caller, std::uint64_t start, const std::string& key);

  /// What the key says.
  [[nodiscard]] const RoomKeyClaims& Read(const std::string& key) const { return keys_.at(key); }
  static RoomId IdOf(std::uint64_t room) { return {"room_" + std::to_string(room)}; }
  [[nodiscard]] GroupFacts FactsOf(std::uint64_t room) const;

 private:
  struct Room {
    std::vector<StoredMessage> messages{};
    std::uint64_t last_seq = 0;
    bool has_ended = false;
  };

  void Supply(const StoredMessage& message, WebimTurn& turn);
  void Begin(const ChannelInstance& login);
  /// The login is subscribed to its room.
  void Follow(const ChannelInstance& login);
  /// The logins that are known.
  std::vector<WebimLogin*> All();
  void Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims, const std::string& key);
  [[nodiscard]] std::vector<StoredMessage> Pending(const UserId& account) const;

  const ChannelOptions options_;
  FakeClock clock_;
  std::optional<LoginTable> logins_;
  std::optional<WebimState> state_;
  std::multimap<MonotonicTime, WaitingPollPtr> waits_;  ///< by deadline; some are answered
  std::vector<std::uint64_t> instances_;                ///< that have begun
  Account unknown_;
  std::map<std::uint64_t, Room> rooms_;
  std::map<std::uint64_t, std::uint64_t> members_;
  std::vector<StoredMessage> directs_;
  std::map<std::string, std::uint64_t> settled_;
  std::vector<StoredMessage> unfed_;
  std::map<std::string, RoomKeyClaims> keys_;
  std::vector<Latency> latencies_;
  std::uint64_t newest_instance_ = 100;
  std::uint64_t newest_position_ = 0;
  std::uint64_t newest_event_ = 2;  ///< the first two have made the room and its creator a pusher
  std::size_t reads_ = 0;
  bool reads_fail_ = false;
};

/// A phone with the unmodified SDK: its login and its polls' variables, which all of its polls
/// share. It sends what a test asks for, and takes in the replies that it receives.
class Phone {
 public:
  /// Logs in.
  Phone(ChannelWorld& world, std::string account);

  /// Again, as a new instance.
  void LogIn();
  [[nodiscard]] const ChannelInstance& login() const { return login_; }
  [[nodiscard]] std::uint64_t instance() const { return login_.instance; }

  void Join(std::uint64_t room);
  void Quit(std::uint64_t room) { world_.Quit(login_, room); }

  [[nodiscard]] PollPtr PollRoom() const { return world_.PollRoom(login_, start, key); }
  [[nodiscard]] PollPtr PollAccount() const { return world_.PollAccount(login_, cursor); }
  /// The reply arrives.
  void TakeRoom(const PollPtr& poll);
  void TakeAccount(const PollPtr& poll);

  // The variables of the SDK.
  std::uint64_t start = 0;
  std::string key{};
  std::uint64_t cursor = 0;
  // All that has arrived.
  std::vector<std::uint64_t> texts{};
  std::vector<int> notices{};
  std::vector<std::uint64_t> directs{};

 private:
  ChannelWorld& world_;
  const std::string account_;
  ChannelInstance login_;
};

}  // namespace rtcroom
