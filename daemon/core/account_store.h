// The interface to what is stored of accounts: their groups, how much of each their logins have
// received, what they have read of each other's messages, and the groups of logins that poll.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The group of a room that an account is in, whether it is logged in or not; or the place of one
/// of its logins in that group, or in one that only this login is in, or in the messages to the
/// account.
struct AccountGroup {
  UserId account{};
  std::uint64_t instance = 0;  ///< any 64 bits but 0 for a login; 0: the account
  /// `Room::sequence`; 0: the messages from other accounts, of a login only, without a `room`.
  std::uint64_t room_number = 0;
  RoomKey room{};
  TimePoint joined_at{};
  TimePoint expires = TimePoint::max();  ///< end of the login; max: of the account
  std::uint64_t joined_seq = 0;          ///< the newest message when it joined
  /// The login has acknowledged all messages up to this seq; up to this position where there is no
  /// room.
  std::uint64_t received = 0;
  std::uint64_t read = 0;  ///< the account has read all messages up to this seq

  /// Comes as far as another row of that account, login and room.
  void Advance(const AccountGroup& other) {
    received = std::max(received, other.received);
    read = std::max(read, other.read);
  }
  bool operator==(const AccountGroup&) const = default;
};

/// The order in which they are read.
inline bool JoinedBefore(const AccountGroup& one, const AccountGroup& other) {
  return std::tie(one.joined_at, one.room_number, one.instance) <
         std::tie(other.joined_at, other.room_number, other.instance);
}

/// A row that is put, in the place of one with the same account, login and room; or removed.
struct AccountGroupChange {
  AccountGroup group{};
  bool is_removed = false;
  bool is_progress = false;  ///< `received` and `read` alone count, and only if the row is there

  bool operator==(const AccountGroupChange&) const = default;
};

/// An account has read what another one sent to it up to that time.
struct ReadPosition {
  UserId reader{};
  UserId peer{};
  TimePoint until{};

  bool operator==(const ReadPosition&) const = default;
};

/// A login of a client that polls, which has joined the group of a room. Its client does not join
/// again after a restart of the server.
struct GroupJoin {
  UserId account{};
  TimePoint logged_in{};
  TimePoint expires{};  ///< end of the login
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  std::uint64_t joined_seq = 0;   ///< the first message that it receives
  std::uint64_t serial = 0;       ///< distinguishes the joins of a login

  bool operator==(const GroupJoin&) const = default;
};

/// A login, and the group that it is in now.
struct GroupJoinChange {
  std::uint64_t instance = 0;       ///< number of the login: any 64 bits
  std::optional<GroupJoin> join{};  ///< nullopt: it is in none

  bool operator==(const GroupJoinChange&) const = default;
};

/// Keeps the groups of accounts: those of a room go in the transaction that ends it, those of a
/// login some time after its end. Of what is read it keeps one position for each pair of accounts,
/// and of the groups of logins that poll one for each login.
///
/// @threads every method is safe from any thread.
class AccountStore {
 public:
  /// Rows of one account that are kept: of more those of the login that ends first go,
  /// and none of the account itself before them; of one login the earliest.
  static constexpr std::size_t kMaxOfAccount = 512;
  /// Read positions of one account: of more the earliest go.
  static constexpr std::size_t kMaxOfReader = 1000;
  static constexpr std::size_t kMostPerTrim = 10'000;

  virtual ~AccountStore() = default;

  /// Reads the rows of the account and of all its logins, by `joined_at`.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<AccountGroup>> ReadAccountGroups(const UserId& account) = 0;

  /// Reads the rows of accounts that are in the group of a room, in any order.
  /// @param limit  most that are returned; 1..1000.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<AccountGroup>> ReadAccountsIn(std::uint64_t room_number,
                                                           std::size_t limit) = 0;

  /// All of them, or none, in one commit: the last one of a row counts. A row of a room that has
  /// ended is not stored. `received` and `read` of a row never go back.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordAccountGroups(std::span<const AccountGroupChange> changes) = 0;

  /// Removes rows of logins that ended before that time, at most `kMostPerTrim`.
  /// @param ended_before  as of `RemovalClock`: also the mark that goes with a removal.
  /// @return the number removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimAccountGroups(TimePoint ended_before) = 0;

  /// Reads the positions of one reader, the latest first. @param limit  1..1000.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                            std::size_t limit) = 0;

  /// How far each of these readers has read the messages of that account, those that have a
  /// position, in any order. @param readers  at most 100.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                             std::span<const UserId> readers) = 0;

  /// All positions in one commit. None ever goes back.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordReadPositions(std::span<const ReadPosition> positions) = 0;

  /// Removes positions before that time, at most `kMostPerTrim`: no message is left that they speak
  /// of.
  /// @param as_of  `RemovalClock`: the mark that goes with a removal.
  /// @return the number removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) = 0;

  /// All logins that poll and are in a group, in any order.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<GroupJoinChange>> LoadGroupJoins() = 0;

  /// All of them, or none: the last one of a login counts.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordGroupJoins(std::span<const GroupJoinChange> changes) = 0;
};

}  // namespace rtcroom
