// The phones of one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/load/phone.h"

namespace rtcroom {

/// The number of phones in a room: the maximum of multi_room.
inline constexpr std::size_t kPhonesPerRoom = 4;

/// Runs phones on a separate thread. They are in rooms of `kPhonesPerRoom`; the first of each room
/// creates it, the others join once it exists.
///
/// @threads for one thread.
class PhoneGroup {
 public:
  /// @param plans  room after room, each room's creator first.
  /// @param joins_per_second  the maximum rate of new connections.
  PhoneGroup(SSL_CTX* tls, const boost::asio::ip::tcp::endpoint& server,
             std::vector<PhonePlan> plans, double joins_per_second);
  /// Closes all connections.
  ~PhoneGroup();
  PhoneGroup(const PhoneGroup&) = delete;
  PhoneGroup& operator=(const PhoneGroup&) = delete;

  /// Starts connecting the phones, one after the other.
  void Start();
  /// Whether each of them has become a member or failed.
  bool AllSettled();
  /// Counts phones that have not become members until now as failed.
  void GiveUpOnTheRest();
  /// Discards the latencies so far.
  void BeginMeasuring();
  PhoneStats Stats();

 private:
  // All of these run on the thread.
  void StartSome();
  void LetMatesJoin();
  std::size_t CountUnsettled();

  template <typename Work>
  auto OnThread(Work work);

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_;
  PhoneStats stats_;
  PhoneDeps deps_;
  std::vector<std::unique_ptr<Phone>> phones_;  ///< their handlers hold their addresses
  const double joins_per_second_;
  std::chrono::steady_clock::time_point started_at_;
  std::size_t started_ = 0;
  std::size_t settled_ = 0;  ///< at least this many, from the first on, are settled
  boost::asio::steady_timer start_timer_;
  std::jthread thread_;  // last: it uses all members above
};

}  // namespace rtcroom
