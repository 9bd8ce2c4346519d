// The bearer token in the Authorization header.
#pragma once

#include "daemon/base/secret.h"

namespace rtcroom {

/// The token of `Bearer TOKEN`, the scheme in any letter case; empty for any other value.
/// @source RFC 6750, section 2.1.
Secret BearerToken(const Secret& authorization);

}  // namespace rtcroom
