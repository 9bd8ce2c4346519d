// A client that uses the gen-2 additions, and records the server's acknowledgements.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "tests/e2e/gen2_calls.h"

namespace rtcroom {

/// Has a live room and users of its own. So at most one change, the one in progress when the server
/// was killed, may be present or not.
///
/// @threads for one thread at a time.
class Gen2Writer {
 public:
  /// Creates its live room.
  /// @param name  is the prefix of IDs; the names of two writers must not have a common prefix.
  Gen2Writer(const ServerProcess& server, std::string name, std::uint32_t seed);

  /// Makes changes one after the other until one is not answered, because the server was killed.
  void WriteUntilCutOff(const ServerProcess& server, std::atomic<std::size_t>& acknowledged);

  /// Compares the record with the state of the restarted server, and continues from there.
  void ExpectKept(const ServerProcess& server);

 private:
  enum class Deed : std::uint8_t { kLogin, kLogout, kWatch, kLeave, kLike, kPrepare };
  struct Change {
    Deed deed = Deed::kLike;
    std::string subject{};  ///< a user or a room
  };

  Change NextChange();
  ApiReply Send(ApiClient& api, const Change& change);
  void Book(const Change& change, const ApiReply& reply);
  /// One of `names`, or nullopt.
  std::string Any(const std::set<std::string>& names);
  Gen2Client As(ApiClient api, const std::string& user) const;

  void ExpectTokensKept(const ServerProcess& server) const;
  void ExpectRoomKept(const ServerProcess& server);
  void ExpectPreparedKept(const ServerProcess& server) const;
  [[nodiscard]] bool MayHaveHappened(Deed deed) const { return pending_ && pending_->deed == deed; }

  const std::string name_;
  const std::string host_;
  const std::string room_;
  std::mt19937 random_;
  std::size_t named_ = 0;
  std::map<std::string, std::string> tokens_;  ///< by user; the host's too
  std::set<std::string> users_;                ///< logged-in users, except the host
  std::map<std::string, std::string> ended_;   ///< tokens of logged-out users
  std::set<std::string> viewers_;
  std::set<std::string> prepared_;
  std::size_t likes_ = 0;
  std::optional<Change> pending_;  ///< sent, not answered
};

}  // namespace rtcroom
