#include "daemon/signing/random.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <openssl/rand.h>

#include "daemon/signing/digest.h"
#include "daemon/signing/openssl_ptr.h"

namespace rtcroom {

void SystemRandom::Fill(std::span<std::byte> out) {
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  if (RAND_bytes(bytes, static_cast<int>(out.size())) == 1) return;
  std::fprintf(stderr, "no random bytes to be had: %s\n", TakeOpensslError().c_str());
  std::abort();
}

std::string RandomHex(RandomSource& random, std::size_t bytes) {
  std::string drawn(bytes, '\0');
  random.Fill(std::as_writable_bytes(std::span(drawn)));
  return Hex(drawn);
}

}  // namespace rtcroom
