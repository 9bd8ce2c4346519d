#include "daemon/base/system_error.h"

#include <system_error>

#include <fmt/format.h>

namespace rtcroom {

Error SystemError(std::string_view what, int error_number) {
  return {Errc::kUnavailable,
          fmt::format("{}: {}", what, std::generic_category().message(error_number))};
}

}  // namespace rtcroom
