// The connection of one of today's IM SDKs: a WebSocket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/push_receivers.h"
#include "handlers/channel/request_socket.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_envelope.h"
#include "handlers/tim/tim_pushes.h"

namespace rtcroom::tim {

/// Answers requests, and writes what is pushed to the login that has begun on it. Each request is
/// accepted for the login that it names itself, whether that has begun here or not: after a new
/// connection the SDK first repeats what was not answered.
///
/// It stays open without a login. A request beyond the rate waits; a message is refused. A logout
/// waits only for a request that was set aside.
///
/// @threads safe from any thread.
class TimSocket : public RequestSocket {
 public:
  static constexpr RateLimit kRequestRate{.per_second = 20, .burst = 60};

  /// @param operator_kick  what the SDK is told when an operator has ended its login.
  TimSocket(const Context& context, WebSocket::Frames frames, KickType operator_kick,
            std::string peer_address);

  // `LoginPushes` receives the pushes of rooms and users.
  [[nodiscard]] const UserId& user_id() const override { return nobody_; }
  void OnBans() override EXCLUDES(mutex_);
  /// Stores how much was received.
  void OnStop() override EXCLUDES(mutex_);

 private:
  struct Request {
    Envelope envelope{};
    std::size_t bytes = 0;
    MonotonicTime begun{};

    [[nodiscard]] const SocketCommand* command() const { return envelope.head.command; }
    [[nodiscard]] bool Is(CommandKind kind) const {
      return command() != nullptr && command()->kind == kind;
    }
    [[nodiscard]] bool Calls(Handler handler) const {
      return command() != nullptr && command()->handler == handler;
    }
  };
  [[nodiscard]] std::shared_ptr<TimSocket> Self() {
    return std::static_pointer_cast<TimSocket>(shared_from_this());
  }

  bool Run(std::string_view text) override EXCLUDES(mutex_);
  void OnDrain() override { Close(close_code::kRestart, "restart"); }
  void OnEnd() override EXCLUDES(mutex_);
  MonotonicTime OnTime(MonotonicTime now) override EXCLUDES(mutex_);
  [[nodiscard]] bool HasMissed() const override EXCLUDES(mutex_);
  void ReadMissed() noexcept override EXCLUDES(mutex_);
  /// @param pushes  of the login that has ended, or goes on by another connection; null: over.
  void OnLoginEnd(const std::shared_ptr<LoginPushes>& pushes, Standing standing) noexcept
      EXCLUDES(mutex_);

  /// @param error  of `ChannelLogins::Authenticate` for that head.
  [[nodiscard]] Failure RefusalOf(const Head& head, const Error& error) const;
  /// Keeps the request for the next tick.
  /// @return false, as `Run` of a request that is answered later.
  bool Delay(std::string_view text) EXCLUDES(mutex_);
  /// Sets the request aside if a new login asks by it for its conversations before it has asked
  /// for what is unread.
  /// @return whether it did.
  bool SetAside(const Request& request, std::string_view text) EXCLUDES(mutex_);
  /// Has the request that was set aside run next: the login was told what is unread, has waited
  /// long enough, or is about to end.
  /// @param then  runs after it; empty: nothing does.
  /// @return whether one was set aside.
  bool RunSetAside(std::string_view then = {}) EXCLUDES(mutex_);
  /// @return whether it is done, or set aside; otherwise it is delayed.
  bool Execute(const Request& request, std::string_view text) noexcept EXCLUDES(mutex_);
  void Finish(const Request& request, Reply reply) EXCLUDES(mutex_);
  /// @return nullopt: it is carried out again when there is time.
  std::optional<Reply> Answer(const Request& request) EXCLUDES(mutex_);
  Reply LogIn(const Head& head) EXCLUDES(mutex_);
  Reply LogOut(const Head& head) EXCLUDES(mutex_);

  /// The pushes of the login that has begun here; null: there is none.
  [[nodiscard]] std::shared_ptr<LoginPushes> CurrentPushes() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return pushes_;
  }
  /// The SDK reports every notice of a kick to its application, so it gets one for each login.
  /// @return whether none has been sent since the last login.
  bool ClaimKickNotice() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return !std::exchange(has_kick_notice_, true);
  }
  /// The end of the login here, whether it goes on elsewhere or not.
  void EndLogin() EXCLUDES(mutex_);

  const Context& context_;
  const KickType operator_kick_;
  const UserId nobody_;

  mutable Mutex mutex_;
  bool is_over_ GUARDED_BY(mutex_) = false;
  bool has_kick_notice_ GUARDED_BY(mutex_) = false;  ///< since the last login
  TokenBucket rate_ GUARDED_BY(mutex_);
  bool is_delayed_ GUARDED_BY(mutex_) = false;  ///< the request that comes next
  /// Whether a login has begun that has asked neither for its conversations nor for what is unread.
  bool is_new_ GUARDED_BY(mutex_) = false;
  std::string set_aside_ GUARDED_BY(mutex_);  ///< a request; it ends with the login
  MonotonicTime set_aside_until_ GUARDED_BY(mutex_) = MonotonicTime::max();  ///< max: none is
  /// The pushes of the login; null: there is none. Shared with `PushReceivers`.
  std::shared_ptr<LoginPushes> pushes_ GUARDED_BY(mutex_);
  std::uint64_t connection_ GUARDED_BY(mutex_) = 0;  ///< of the login, as `Channel::Attach` says
};

}  // namespace rtcroom::tim
