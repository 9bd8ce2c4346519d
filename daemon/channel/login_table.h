// The accounts that are logged in, and their logins.
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
#include "daemon/channel/account_inbox.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/connected_logins.h"
#include "daemon/channel/group.h"
#include "daemon/channel/waiting_polls.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Whether a login may call.
enum class Standing : std::uint8_t {
  kActive,
  kKicked,     ///< a newer login took its place
  kLoggedOut,  ///< at its own request
};

struct Account;

/// One login of an account. It may be in one group.
struct Login {
  ChannelInstance claims{};
  TimePoint issued = TimePoint::max();  ///< of the ticket, if it is known
  Standing standing = Standing::kActive;
  ClientKind client = ClientKind::kPolls;  ///< until it is attached
  MonotonicTime seen_at{};
  Account* account = nullptr;
  std::function<void()> on_kicked{};     ///< set while it is attached
  std::uint64_t connection = 0;          ///< number of its newest one
  std::list<Login*>::iterator by_use{};  ///< the end of the list while it is attached
  LoginPolls account_polls{};
  LoginPolls room_polls{};
  AccountInbox inbox{};
  std::optional<Membership> room{};
  bool is_new_in_groups = true;  ///< it has joined and quit none since this process started
  bool knows_group = false;      ///< `room` is what its client has joined
  std::uint64_t key_serial = 0;  ///< of its newest key that is known

  [[nodiscard]] bool IsActive() const { return standing == Standing::kActive; }
  [[nodiscard]] bool IsIn(std::uint64_t room_number) const {
    return room && room->group->facts.number == room_number;
  }
  /// The serial of its next key: keys of later joins have greater ones.
  [[nodiscard]] std::uint64_t NextKeySerial(TimePoint now);
  /// Whether a key with that serial leads into its group without a join: since this process started
  /// the login has joined and quit none, and no poll came with this key or a newer one.
  [[nodiscard]] bool IsLedBackBy(std::uint64_t serial) const {
    return IsActive() && is_new_in_groups && key_serial < serial;
  }
  /// That key leads nowhere; a newer one may. @return whether it was to lead back.
  bool RefuseKey(std::uint64_t serial);
};

struct Account {
  /// What the account shows of itself, while it has a login.
  struct Profile {
    std::string nick{};
    std::string image{};
  };

  std::vector<Login*> logins{};  ///< oldest first
  std::uint64_t notice_seq = 0;  ///< number of the newest answer with notices
  Profile profile{};

  /// Whether a login of it has not ended.
  [[nodiscard]] bool IsPresent() const;
  [[nodiscard]] bool IsIn(std::uint64_t room_number) const;
  /// Whether it is in the group of a live room of gen-2: its client breaks on messages that are not
  /// JSON.
  [[nodiscard]] bool IsInGen2LiveRoom() const;
  /// Whether a login of it in that group polls, or has called within the last 10 s.
  [[nodiscard]] bool IsPolling(std::uint64_t room_number, MonotonicTime now) const;
};

/// Finds logins and accounts. An account is known while a login of it is.
///
/// @threads for one thread at a time.
class LoginTable {
 public:
  LoginTable() = default;
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

  /// @param claims  of a login that is not known.
  /// @param issued  as `LoginProof::issued`; max: not known.
  Login& Add(const ChannelInstance& claims, TimePoint issued, MonotonicTime now);
  void Remove(Login& login);
  /// The login has called.
  void Touch(Login& login, MonotonicTime now);
  /// The login has a connection, which gets its direct messages: none are kept for polls. It is not
  /// forgotten until it ends.
  /// @param on_kicked  called when a newer login takes its place.
  /// @return the number of the connection; 0 when the login is not known any more.
  [[nodiscard]] std::uint64_t Attach(std::uint64_t instance, std::function<void()> on_kicked,
                                     ClientKind client = ClientKind::kRtcroom);
  void Detach(Login& login);
  /// The one that has not called for longest, without those that are attached; null for none.
  [[nodiscard]] Login* LeastUsed() const { return by_use_.empty() ? nullptr : by_use_.front(); }

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<Login>> logins_;  ///< by number
  std::list<Login*> by_use_;                                          ///< least recently used first
  std::unordered_map<UserId, std::unique_ptr<Account>> accounts_;
  std::map<std::string_view, const Account*>
      by_name_;  ///< those of `accounts_`, which has the text
  ByClientKind by_client_{};
  std::uint64_t last_connection_ = 0;
};

}  // namespace rtcroom
