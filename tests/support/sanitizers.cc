#include "tests/support/sanitizers.h"

#include <cstdlib>
#include <string_view>

namespace rtcroom {

bool IsServerUnderThreadSanitizer() {
  const char* const other = std::getenv(kOtherServerVariable);
  return other == nullptr ? kUnderThreadSanitizer
                          : std::string_view(other).find("/tsan/") != std::string_view::npos;
}

bool IsServerSanitized() {
  const char* const other = std::getenv(kOtherServerVariable);
  return other == nullptr ? kUnderSanitizer
                          : std::string_view(other).find("/release/") == std::string_view::npos;
}

}  // namespace rtcroom
