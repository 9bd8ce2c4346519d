// Phones with the SDK of the IM service, for measurements: many in one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <nlohmann/json.hpp>

namespace rtcroom {

/// One HTTPS connection that is kept alive.
///
/// @threads for the thread of its context.
class BenchConnection {
 public:
  BenchConnection(boost::asio::io_context& context, boost::asio::ssl::context& tls)
      : stream_(context, tls) {}

  boost::asio::awaitable<void> Connect(const boost::asio::ip::tcp::endpoint& server);
  /// Posts a body and returns that of the reply. @throws boost::system::system_error
  boost::asio::awaitable<std::string> Post(std::string target, std::string body);

 private:
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  std::string input_;
};

/// A phone: two connections, on which its two polls are held.
///
/// @threads for the thread of its context.
class BenchPhone {
 public:
  /// The texts that a room poll has received, and when.
  using OnTexts = std::function<void(const nlohmann::json& messages)>;

  BenchPhone(boost::asio::io_context& context, boost::asio::ssl::context& tls, std::string account)
      : account_(std::move(account)), account_poll_(context, tls), room_poll_(context, tls) {}

  /// Connects, logs in and joins the group.
  boost::asio::awaitable<void> Enter(boost::asio::ip::tcp::endpoint server, std::string group);
  /// Polls without end.
  boost::asio::awaitable<void> PollAccount();
  boost::asio::awaitable<void> PollRoom(OnTexts on_texts);
  /// Asks for all messages of the group without end, on a connection of its own.
  boost::asio::awaitable<void> PollFromStart(BenchConnection& connection);
  /// A request beside the polls: `connection` is not one of the phone's own.
  boost::asio::awaitable<void> SendText(BenchConnection& connection, std::string text);

 private:
  [[nodiscard]] std::string Target(const std::string& command) const;

  const std::string account_;
  std::string query_;
  std::string group_;
  std::string key_;
  std::uint64_t sent_ = 0;
  BenchConnection account_poll_;
  BenchConnection room_poll_;
};

}  // namespace rtcroom
