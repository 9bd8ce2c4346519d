// The polls that wait for an answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "handlers/webim/webim_turn.h"

namespace rtcroom {

struct WebimLogin;

// Bounds of one reply.
inline constexpr std::size_t kMaxReplyEntries = 50;
inline constexpr std::size_t kMaxReplyBytes = std::size_t{128} << 10;
/// The bytes that an entry of a reply takes in memory besides its text.
inline constexpr std::size_t kEntryBytes = 160;

/// A poll of a room as it was received.
struct RoomPoll {
  std::uint64_t start = 0;  ///< the next message that the client expects; 0 and 1: from its join
  std::string key{};        ///< as sent; the first 512 bytes wait and come back
  /// Number of the room whose group the key leads its caller to; 0: none; nullopt: no server with
  /// these keys made it.
  std::optional<std::uint64_t> room_number{};
};

struct WaitingPoll {
  PollReply reply{};  ///< empty once it is answered
  MonotonicTime due{};
  WebimLogin* owner = nullptr;     ///< null: of no known login
  std::optional<RoomPoll> room{};  ///< nullopt: a poll of the account
};
/// Shared by its login, and by its call, which may end it.
using WaitingPollPtr = std::shared_ptr<WaitingPoll>;

/// The polls of one kind of a login.
struct LoginPolls {
  std::vector<WaitingPollPtr> waiting{};  ///< oldest first
  /// Until then the client may have several loops of polls, which share one position.
  MonotonicTime shared_until{};
};

/// An answer that is not confirmed yet.
struct InFlight {
  MonotonicTime since{};
  std::uint64_t end = 0;  ///< a poll from there or beyond confirms it; 0: there is none
};

/// A login to look at again: its answer may have been lost.
struct Unconfirmed {
  MonotonicTime since{};  ///< as `InFlight::since`
  std::uint64_t instance = 0;
  bool is_account = false;  ///< the answer was one to a poll of the account
};

/// An answer after which no poll of its login waited.
struct LastAnswer {
  MonotonicTime at{};
  std::uint64_t instance = 0;
};

/// Holds polls of both kinds, answers each once, and counts what the answers carry. A poll that is
/// held is left in the turn, for its call to wait until it is due.
///
/// @threads for one thread at a time.
class WaitingPolls {
 public:
  static constexpr std::chrono::seconds kPause{1};

  explicit WaitingPolls(const ChannelOptions& options) : options_(options) {}

  /// @param room  nullopt: the account's poll.
  void Hold(WebimLogin* owner, std::optional<RoomPoll> room, PollReply reply, WebimTurn& turn);
  /// Takes a poll of a caller that has spent what it may: it is answered empty after `kPause`,
  /// whatever comes, and the next poll gets that.
  void Pause(std::optional<RoomPoll> room, PollReply reply, WebimTurn& turn);

  /// Answers the newest of these polls, of which there is one, with entries.
  /// @param made_at  of the oldest entry that is new to the client; nullopt when none is, or when
  ///                 its time is not known.
  void Deliver(LoginPolls& polls, std::string body, std::optional<TimePoint> made_at,
               WebimTurn& turn);
  /// Answers the newest poll of the room of a login with entries, from its present position.
  void DeliverByRoom(WebimLogin& login, std::string_view entries, std::optional<TimePoint> made_at,
                     WebimTurn& turn);
  void AnswerNewestEmpty(LoginPolls& polls, WebimTurn& turn);
  void AnswerAllEmpty(LoginPolls& polls, WebimTurn& turn);
  /// Answers all polls of the account of a login that was kicked.
  void AnswerKicked(WebimLogin& login, WebimTurn& turn);
  /// The client may have begun another loop: each has a poll in the time that this lasts.
  void MarkShared(LoginPolls& polls, MonotonicTime now) const {
    polls.shared_until = now + options_.hold + options_.resend_after;
  }
  void LookAgain(const Unconfirmed& answer) { unconfirmed_.push_back(answer); }
  /// The next one that is not confirmed after `resend_after`; nullopt: none is due.
  std::optional<Unconfirmed> TakeUnconfirmed(MonotonicTime now);
  /// The next one whose client has had the time to come back; nullopt: none is due.
  std::optional<LastAnswer> TakeLastAnswer(MonotonicTime now);
  /// The answer of that time was lost, unless it was confirmed or a later one follows: what it
  /// carried is sent again.
  void RetractOf(InFlight& in_flight, MonotonicTime since);
  void RetractIfAskedAgain(InFlight& in_flight, const LoginPolls& polls, MonotonicTime now);
  /// The login is not known any more: its polls are held on.
  static void Orphan(WebimLogin& login);

  /// The call of the poll ends: it is answered empty, unless it has been answered.
  void End(WaitingPoll& poll, WebimTurn& turn);

  [[nodiscard]] std::size_t size() const { return polls_; }
  [[nodiscard]] std::size_t account_polls() const { return account_polls_; }
  /// Deliveries and redeliveries.
  [[nodiscard]] const ChannelCounts& counts() const { return counts_; }

 private:
  void Answer(WaitingPoll& poll, std::string body, WebimTurn& turn);
  void AnswerEmpty(WaitingPoll& poll, WebimTurn& turn);
  void Retract(InFlight& in_flight);
  [[nodiscard]] std::string RoomReplyTo(const WaitingPoll& poll, std::string_view entries) const;

  const ChannelOptions options_;
  std::size_t polls_ = 0;                ///< that wait
  std::size_t account_polls_ = 0;        ///< those of them
  std::deque<Unconfirmed> unconfirmed_;  ///< by time
  std::deque<LastAnswer> last_answers_;  ///< likewise, of those in a group
  ChannelCounts counts_;
};

}  // namespace rtcroom
