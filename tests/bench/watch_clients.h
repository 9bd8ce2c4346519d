// Many subscribers in one process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/completion_queue.h>
#include <rtcroom/v1/membership_notifier.grpc.pb.h>

#include "daemon/base/mutex.h"
#include "tests/support/latencies.h"

namespace rtcroom {

/// Streams of Watch that follow new events, over a few connections, all read by one thread at full
/// speed.
///
/// @threads safe from any thread.
class WatchClients {
 public:
  /// @param address  of the server, "127.0.0.1:port".
  WatchClients(const std::string& address, std::size_t subscribers, std::size_t channels);
  ~WatchClients();  ///< cancels all streams
  WatchClients(const WatchClients&) = delete;
  WatchClients& operator=(const WatchClients&) = delete;

  /// Events received so far, over all streams.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  /// Streams that have ended; expected to be 0.
  [[nodiscard]] std::uint64_t ended() const { return ended_; }
  /// The times from the one in an event's `user_name` until its receipt, since the last call.
  Latencies TakeLatencies();

 private:
  struct Stream;

  void Receive();
  void Handle(Stream& stream, bool ok);

  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<v1::MembershipNotifier::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> ended_{0};
  Mutex mutex_;
  Latencies latencies_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

/// A separate connection to the server.
/// @param read_ahead  how much of a stream gRPC buffers before it is read, in bytes.
std::unique_ptr<v1::MembershipNotifier::Stub> NewWatchStub(const std::string& address,
                                                           int read_ahead);

}  // namespace rtcroom
