#include "daemon/base/random_source.h"

#include "daemon/base/text.h"

namespace rtcroom {

std::uint32_t RandomUint32(RandomSource& random) {
  std::uint32_t number = 0;
  random.Fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

std::uint64_t RandomUint64(RandomSource& random) {
  std::uint64_t number = 0;
  random.Fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

std::string RandomHex(RandomSource& random, std::size_t bytes) {
  std::string drawn(bytes, '\0');
  random.Fill(std::as_writable_bytes(std::span(drawn)));
  return ToHex(drawn);
}

}  // namespace rtcroom
