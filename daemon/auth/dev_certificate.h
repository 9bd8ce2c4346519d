// A self-signed certificate for local development.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

struct DevCertificate {
  std::string cert_pem{};
  Secret key_pem{};
};

/// Makes an ECDSA P-256 key and a self-signed certificate: for `localhost`, 127.0.0.1 and ::1,
/// valid from a day before `now` (a phone's clock may be behind) for a year.
/// @errors kInternal when OpenSSL fails.
Result<DevCertificate> MakeDevCertificate(RandomSource& random, TimePoint now);

/// Whether the two can be read, match, and are valid at `now` and for a day longer.
bool IsUsable(const DevCertificate& certificate, TimePoint now);

}  // namespace rtcroom
