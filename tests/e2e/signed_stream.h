// URLs that push or play a stream, signed by an independent computation (protocol D.4).
#pragma once

#include <array>
#include <chrono>
#include <string>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace rtcroom {

/// @param address  of the stream, without a query.
/// @param until    of the signature, relative to now.
inline std::string SignedStreamUrl(const std::string& key, const std::string& address,
                                   std::chrono::seconds until) {
  const std::string stream = address.substr(address.rfind('/') + 1);
  const auto ends = std::chrono::system_clock::now().time_since_epoch() + until;
  const std::string time =
      fmt::format("{:X}", std::chrono::duration_cast<std::chrono::seconds>(ends).count());
  const std::string text = key + stream + time;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return fmt::format("{}?txSecret={}&txTime={}", address, hex, time);
}

}  // namespace rtcroom
