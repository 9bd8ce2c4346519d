// The logins of the message channel: how they begin and end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/connected_logins.h"
#include "daemon/channel/unreported_logins.h"

namespace rtcroom {

/// A login whose client polls.
struct PolledLogin {
  Standing standing = Standing::kActive;
  bool is_only = true;  ///< no other one of its account is known
};

/// @threads safe from any thread.
class ChannelLogins {
 public:
  /// @param core  outlives this object.
  explicit ChannelLogins(ChannelCore& core);

  /// A new login of an account whose ticket was verified; older ones beyond the limit are kicked.
  /// Waits for a commit when it kicks some. If they cannot be stored, `Save` tries again.
  /// @errors kNoSession when the logins of the account were ended since the ticket was verified.
  Result<LoginTokens> LogIn(const UserId& account, const LoginProof& proof);

  /// Begins a login whose client keeps a connection: it gets its direct messages by it, and is
  /// logged in until `Disconnect`.
  /// @param continued  `logged_in` of an earlier connection of the client, whose login goes on: it
  ///                   takes no place from a login that came later. nullopt: a new login.
  /// @param on_kicked  called once, without a lock, when a newer login takes its place.
  /// @errors as `LogIn`; kInstanceKicked when that login has ended, or later ones have taken its
  ///         place; kUnavailable when too many have a connection.
  Result<ChannelInstance> Connect(const UserId& account, const LoginProof& proof,
                                  std::optional<TimePoint> continued,
                                  std::function<void()> on_kicked);

  /// The instance that makes a call.
  /// @errors kNoSession when the pair is not of this server, or ended; kInstanceKicked.
  Result<ChannelInstance> Authenticate(std::string_view tiny_id, std::string_view a2);

  /// A login that was stored begins again, unless it has ended.
  Standing Admit(const ChannelInstance& login);

  /// The login, which has an `a2`, keeps from now on the connection of one of today's IM SDKs: it
  /// gets its direct messages by it.
  /// @param on_end  called once, without a lock, when the login ends here, or (`kActive`) goes on
  ///                by a later connection.
  /// @return the number of the connection, for `Detach`; 0 when the login has ended.
  std::uint64_t Attach(const ChannelInstance& login, OnLoginEnd on_end);
  /// The end of that connection, if the login has no later one. The login goes on.
  void Detach(const ChannelInstance& login, std::uint64_t connection);

  /// The login, which has called, has from now on a client that polls, unless it has a connection.
  /// @param on_end  called once, without a lock, when it has ended or is known no more.
  [[nodiscard]] PolledLogin Keep(const ChannelInstance& login, OnLoginEnd on_end);

  /// The end of a connection. Its login has no `a2`, so nothing is stored.
  void Disconnect(const ChannelInstance& login);
  /// Ends the login: its `a2` is refused at every server on the store, after restarts, too. Waits
  /// for a commit. With more than a hundred logouts of one account, one more ends its earlier
  /// logins.
  /// @errors kStoreBusy, kStoreBroken, kOutcomeUnknown: it has ended, and `Save` stores it.
  Status LogOut(const ChannelInstance& caller);
  /// Ends the login and all logins of the account that began before it, as `LogOut` does.
  /// @errors the same; kNoSession when the caller itself has ended meanwhile.
  Status LogOutAll(const ChannelInstance& caller);
  /// Kicks the logins that began up to and in that second, and those by tickets of before: where it
  /// is heard of later, or by another clock, they may have begun after it.
  /// @param validity  that `ChannelDeps::validities` has already.
  void EndLogins(const AccountValidity& validity);
  /// Whether `EndLogins` has ended it, here or at another server, or before a restart.
  [[nodiscard]] bool IsEndedByOperator(const ChannelInstance& login) const;
  /// Whether it has ended before its token, so far as this server knows.
  [[nodiscard]] bool HasEnded(const ChannelInstance& login) const;
  /// Applies logins and logouts at all servers on the store.
  void OnLogins(std::span<const AccountLogin> logins);

  /// A nick of at most 128 bytes, an image of at most 1,024; nullopt leaves it as it is.
  void SetProfile(const ChannelInstance& caller, std::optional<std::string> nick,
                  std::optional<std::string> image);
  /// Empty for an account that is not logged in.
  [[nodiscard]] Account::Profile ProfileOf(const UserId& account) const;
  /// A page of the logins that have not ended, without what only clients that poll know of them.
  [[nodiscard]] ConnectedLogins Page(const LoginQuery& query) const;

  /// Stores ends that could not be stored, and reports logins to the other servers.
  void Save();

 private:
  enum class LoginChange : bool { kBegun, kEnded };

  ChannelInstance NewInstance(const UserId& account, const LoginProof& proof);
  [[nodiscard]] LoginOrigin NewOrigin(const LoginProof& proof) const;
  /// The time after all logins of the account that are known or have ended.
  [[nodiscard]] TimePoint NextLogin(const UserId& account, TimePoint now) const
      REQUIRES(core_.mutex);
  /// Whether the logins of the account were ended since the proof was given.
  [[nodiscard]] bool IsOver(const UserId& account, const LoginProof& proof) const;
  /// Admits it unless it has ended. @param known  of that number; null: it is looked up.
  Standing StandingOf(const ChannelInstance& login, ChannelTurn& turn, Login* known = nullptr)
      REQUIRES(core_.mutex);
  /// Does what `Authenticate` does, once the tokens are known to be valid.
  Result<ChannelInstance> AdmitCaller(ChannelInstance caller, ChannelTurn& turn,
                                      Login* known = nullptr) REQUIRES(core_.mutex);
  /// Its end by a logout.
  [[nodiscard]] EndedLogin EndOf(const ChannelInstance& login) const;
  /// If it fails, `Save` tries again.
  Status StoreEnds(std::span<const EndedLogin> ends);
  /// Keeps it for `Report`.
  void NoteLogin(const ChannelInstance& login, LoginChange change) REQUIRES(core_.mutex);
  void Report();

  ChannelCore& core_;
  /// The logins not yet reported to the other servers on the store.
  UnreportedLogins unreported_ GUARDED_BY(core_.mutex);
};

}  // namespace rtcroom
