// The accounts that are logged in, and their logins: how they begin, end and are forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/connected_logins.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// One change of the logins: its time, and what follows from it.
struct ChannelTurn {
  MonotonicTime now{};
  TimePoint wall{};
  std::vector<std::function<void()>> over{};  ///< tell clients, after the change
  std::vector<EndedLogin> ends{};             ///< of logins, to be stored

  /// @param oldest  the oldest of the logins that stay.
  void RecordKick(const ChannelInstance& login, const ChannelInstance& oldest);
};

EndedLogin EndOfOne(const ChannelInstance& login, LoginEnd end);
/// The end of all logins of the account that began before.
EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end);

/// Whether a login may call.
enum class Standing : std::uint8_t {
  kActive,
  kKicked,     ///< a newer login took its place
  kLoggedOut,  ///< at its own request
};

struct Account;

/// Tells the client of a login that it has ended, or (`kActive`) that it is known no more.
using OnLoginEnd = std::function<void(Standing standing)>;

/// How a login began, as far as this server knows.
struct LoginOrigin {
  TimePoint issued = TimePoint::max();  ///< of the ticket, if it is known
  /// Logins of its account that become known later began before it, whatever their times say: they
  /// may be by a clock that was set back since.
  bool is_last = false;
};

/// One login of an account.
struct Login {
  ChannelInstance claims{};
  /// A keyed hash of the tokens that were verified as these claims'; nullopt: none were.
  std::optional<std::uint64_t> seal{};
  LoginOrigin origin{};
  Standing standing = Standing::kActive;
  ClientKind client = ClientKind::kPolls;  ///< until it has a connection
  MonotonicTime seen_at{};
  Account* account = nullptr;
  OnLoginEnd on_end{};                   ///< of its client; null: it has none
  bool is_connected = false;             ///< that is a connection
  std::uint64_t connection = 0;          ///< number of its newest one
  std::list<Login*>::iterator by_use{};  ///< the end of the list while it is connected

  [[nodiscard]] bool IsActive() const { return standing == Standing::kActive; }
};

struct Account {
  /// The profile that the account shows of itself, while it has a login.
  struct Profile {
    std::string nick{};
    std::string image{};
  };

  std::vector<Login*> logins{};  ///< oldest first
  Profile profile{};

  /// Whether a login of it has not ended.
  [[nodiscard]] bool IsPresent() const;
  /// Whether one that has not ended began after all that are not known.
  [[nodiscard]] bool HasLast() const;
};

/// An account is known while a login of it is. Reaches no socket, clock or store.
///
/// @threads for one thread at a time.
class LoginTable {
 public:
  /// Kicked and logged out logins of an account that are remembered. Of all others that have ended
  /// `EndedLoginList` knows.
  static constexpr std::size_t kMaxEnded = 4;

  explicit LoginTable(const ChannelOptions& options) : options_(options) {}
  LoginTable(const LoginTable&) = delete;
  LoginTable& operator=(const LoginTable&) = delete;

  /// Null when there is none.
  [[nodiscard]] Login* Find(std::uint64_t instance) const;
  [[nodiscard]] Account* FindAccount(const UserId& account) const;
  /// The time of a login now: after all known ones of the account, or the clock was set back and it
  /// would be kicked by an older one.
  [[nodiscard]] TimePoint NextLogin(const UserId& account, TimePoint now) const;
  /// A page of the logins that have not ended; its time does not depend on their number.
  [[nodiscard]] ConnectedLogins Page(const LoginQuery& query, MonotonicTime now) const;
  [[nodiscard]] std::size_t size() const { return logins_.size(); }
  [[nodiscard]] const ByClientKind& by_client() const { return by_client_; }

  /// Registers the login when it is new: it begins, or calls after a restart. The newest logins of
  /// an account stay, the others are kicked at once. A few that have ended are remembered.
  /// @param origin  of one that begins, or of the connection that continues one.
  Standing Admit(const ChannelInstance& claims, ChannelTurn& turn, const LoginOrigin& origin = {});
  /// A known login calls.
  Standing Touch(Login& login, const ChannelTurn& turn);
  /// Admits a login at another server. An earlier connection of that login ends.
  void AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn);
  /// Ends the account's login of that time, if there is one.
  void KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn);
  /// Ends the account's logins of before that time, or by tickets of before. `ends` of the turn
  /// gets those that only their tickets date before.
  void KickLoginsBefore(const UserId& account, TimePoint time, ChannelTurn& turn);
  /// Ends a login, as its client asks.
  /// @return false when it had ended before.
  bool LogOut(std::uint64_t instance, ChannelTurn& turn);
  /// Ends all logins of the account; those with a connection as if they were kicked.
  /// @return those that had not ended before.
  std::vector<ChannelInstance> LogOutAll(const UserId& account, ChannelTurn& turn);
  /// A login was ended at another server: here it may have a connection, or not be known. It is
  /// remembered, since its token is still valid.
  void LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn);

  /// The login has a connection. It is not forgotten until that ends. A client that polls, or has
  /// an earlier connection, is told that its login is known no more.
  /// @param login   an active one.
  /// @return the number of the connection.
  std::uint64_t Attach(Login& login, OnLoginEnd on_end, ClientKind client, ChannelTurn& turn);
  /// It has none any more, nor another client.
  void Detach(Login& login);

  /// Forgets idle logins.
  void OnTick(ChannelTurn& turn);
  /// Memory of the logins, in bytes.
  [[nodiscard]] std::size_t held_bytes() const { return size() * kLoginBytes; }
  /// Forgets logins until at most so much is held, as far as there are any: first those that have
  /// not called for longest. The next call makes each known again.
  void Shrink(std::size_t most, ChannelTurn& turn);
  [[nodiscard]] std::uint64_t kicked() const { return kicked_; }

 private:
  /// A login counts as that many bytes: with its account, a profile of 1,152 bytes and a client
  /// that polls.
  static constexpr std::size_t kLoginBytes = 2048;

  /// @param claims  of a login that is not known.
  Login& Add(const ChannelInstance& claims, const LoginOrigin& origin, MonotonicTime now);
  void Kick(Login& login, ChannelTurn& turn);
  /// @param told  what its client is told.
  void End(Login& login, Standing standing, Standing told, ChannelTurn& turn);
  /// A login with a connection ends as if it were kicked: its client asked for nothing.
  void LogOutAsKicked(Login& login, ChannelTurn& turn);
  static void Tell(Login& login, Standing told, ChannelTurn& turn);
  void Forget(Login& login, ChannelTurn& turn);
  void ForgetEnded(const Account& account, ChannelTurn& turn);
  /// The one that has not called for longest, without those that are connected; null for none.
  [[nodiscard]] Login* LeastUsed() const { return by_use_.empty() ? nullptr : by_use_.front(); }

  const ChannelOptions options_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Login>> logins_;  ///< by number
  std::list<Login*> by_use_;                                          ///< least recently used first
  std::unordered_map<UserId, std::unique_ptr<Account>> accounts_;
  std::map<std::string_view, const Account*>
      by_name_;  ///< those of `accounts_`, which has the text
  ByClientKind by_client_{};
  std::uint64_t last_connection_ = 0;
  std::uint64_t kicked_ = 0;
};

}  // namespace rtcroom
