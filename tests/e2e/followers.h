// Subscribers of events, by the thousand if need be, through the stubs that protoc makes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rtcroom {

enum class Reading { kReads, kNeverReads };

/// Each follows everything from now on, on a stream of its own. A connection has a hundred of them:
/// servers bound how many calls one may have, and how fast it may begin them.
///
/// @threads for one thread.
class Followers {
 public:
  /// @param address  of the server's gRPC listener.
  Followers(const std::string& address, std::size_t count, Reading reading);
  /// Ends the streams and waits for that.
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  /// Of all of them together.
  [[nodiscard]] std::size_t messages() const;

 private:
  struct Connection;
  class Follower;

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace rtcroom
