#include "daemon/base/system_random.h"

#include <cstdio>
#include <cstdlib>

#include <openssl/rand.h>

#include "daemon/base/openssl_ptr.h"

namespace rtcroom {

void SystemRandom::Fill(std::span<std::byte> out) {
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  if (RAND_bytes(bytes, static_cast<int>(out.size())) == 1) return;
  std::fprintf(stderr, "no random bytes to be had: %s\n", TakeOpensslError().c_str());
  std::abort();
}

}  // namespace rtcroom
