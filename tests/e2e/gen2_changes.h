// Random changes by the gen-2 additions, for a `ChangeRecorder`: logins and logouts, prepared
// rooms, viewers, custom fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "tests/e2e/change_recorder.h"
#include "tests/e2e/gen2_calls.h"

namespace rtcroom {

enum class LoginState : std::uint8_t { kNever, kValid, kEnded };

/// The stored state of a user, or of a room.
struct Gen2Value {
  LoginState login = LoginState::kNever;
  bool watches = false;      ///< the live room of its source
  bool is_prepared = false;  ///< it is a room without members
  std::size_t likes = 0;     ///< a custom field of the live room

  bool operator==(const Gen2Value&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Gen2Value& value);

/// Has a live room and users of its own.
///
/// @threads for one thread at a time.
class Gen2Changes {
 public:
  enum class Deed : std::uint8_t { kLogin, kLogout, kWatch, kLeave, kLike, kPrepare };
  using Value = Gen2Value;
  struct Change {
    Deed deed = Deed::kLike;
    std::string subject = {};  ///< a user or a room
    Value after = {};
    std::string what = {};
  };
  using State = std::map<std::string, Value>;

  /// Creates its live room.
  /// @param name  is the prefix of IDs; the names of two sources must not have a common prefix.
  /// @throws std::runtime_error when the server refuses it.
  Gen2Changes(const ServerProcess& server, std::string name, std::uint32_t seed);

  Change Next(const State& state);
  /// Keeps the token of a login.
  ApiReply Send(ApiClient& api, const Change& change);
  [[nodiscard]] bool Owns(const std::string& subject) const { return subject.starts_with(name_); }

  /// What the server shows of these rooms, of the live room and its viewers, and of every user that
  /// ever got a token. A prepared room that others see or can create, another pusher of the live
  /// room than the host, and a viewer that is listed twice are test failures.
  /// @param prepared  rooms that should be prepared: one that is not will be, by another user.
  [[nodiscard]] State Seen(const ServerProcess& server,
                           const std::set<std::string>& prepared) const;
  /// Prepares the room again as its creator, which must succeed whether it was prepared or not.
  void PrepareAgain(const ServerProcess& server, const std::string& room) const;

 private:
  Change AnyChange(const State& state);
  /// One of the subjects that `is_chosen` selects; empty without one.
  std::string Any(const State& state, bool (*is_chosen)(const Gen2Value&));
  [[nodiscard]] Gen2Client As(ApiClient api, const std::string& user) const;
  void SeeLogins(const ServerProcess& server, State& seen) const;
  void SeeLiveRoom(const ServerProcess& server, State& seen) const;
  void SeePrepared(const ServerProcess& server, const std::set<std::string>& prepared,
                   State& seen) const;

  std::string name_;
  std::string host_;
  std::string room_;
  std::mt19937 random_;
  std::size_t named_ = 0;
  std::map<std::string, std::string> tokens_;  ///< by user, also after its logout; the host's too
};

using Gen2Recorder = ChangeRecorder<Gen2Changes>;

/// Settles the recorder; what is not stored as it was acknowledged is a test failure.
void ExpectKept(const ServerProcess& server, Gen2Recorder& recorder);

}  // namespace rtcroom
