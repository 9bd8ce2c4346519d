// Up to thousands of event subscribers, through the stubs that protoc generates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rtcroom {

enum class Reading { kReads, kNeverReads };

/// Each follows all new events, on a separate stream. A connection carries a hundred of them:
/// servers bound the number of calls per connection, and the rate of new ones.
///
/// @threads for one thread.
class Followers {
 public:
  /// @param address  of the server's gRPC listener.
  Followers(const std::string& address, std::size_t count, Reading reading);
  /// Ends the streams and waits for their end.
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  /// The total over all of them.
  [[nodiscard]] std::size_t messages() const;

 private:
  struct Connection;
  class Follower;

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace rtcroom
