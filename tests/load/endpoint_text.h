// Addresses as tests write them.
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

namespace rtcroom {

/// @param address  numeric `host:port`.
/// @throws std::runtime_error when it is not.
boost::asio::ip::tcp::endpoint EndpointOf(const std::string& address);

}  // namespace rtcroom
