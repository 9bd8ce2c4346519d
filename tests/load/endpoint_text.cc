#include "tests/load/endpoint_text.h"

#include <charconv>
#include <cstdint>
#include <stdexcept>

#include <boost/asio/ip/address.hpp>

namespace rtcroom {

boost::asio::ip::tcp::endpoint EndpointOf(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  boost::system::error_code failed;
  const auto host = boost::asio::ip::make_address(address.substr(0, colon), failed);
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  }
  if (failed || port == 0) throw std::runtime_error("not a numeric host:port: " + address);
  return {host, port};
}

}  // namespace rtcroom
