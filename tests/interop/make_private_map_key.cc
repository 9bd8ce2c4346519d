// Prints rtcroomd's privateMapKey for the given arguments, to be checked by another implementation.
// The key is that of the protocol's vectors.
//
// Usage: make_private_map_key USER number|name ROOM RIGHTS NOW LIFE
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "daemon/auth/user_buf.h"
#include "daemon/auth/user_sig_v2.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace {

std::uint32_t Number(const char* text) {
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): the caller of the program sees a failure
int main(int argc, char** argv) {
  using namespace rtcroom;  // NOLINT(google-build-using-namespace): a program of one function
  if (argc != 7) {
    std::cerr << "usage: make_private_map_key USER number|name ROOM RIGHTS NOW LIFE\n";
    return 2;
  }
  const std::uint32_t now = Number(argv[5]);
  const std::chrono::seconds life(Number(argv[6]));
  UserBuf userbuf{.user_id = {argv[1]},
                  .sdk_app_id = vectors::kSdkAppId,
                  .room = Number(argv[3]),
                  .expires_at = now + static_cast<std::uint32_t>(life.count()),
                  .rights = Number(argv[4])};
  if (std::string(argv[2]) == "name") userbuf.room = std::string(argv[3]);
  std::cout << SignUserSigV2({vectors::kSdkAppId, {argv[1]}}, vectors::SecretKey(),
                             TimePoint(std::chrono::seconds(now)), life, EncodeUserBuf(userbuf))
            << '\n';
  return 0;
}
