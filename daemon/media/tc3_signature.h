// TC3-HMAC-SHA256, the signature of calls to the cloud's API 3.0.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// A header that is signed, in lower case.
struct Tc3Header {
  std::string_view name{};
  std::string_view value{};
};

/// The derived keys, as raw bytes.
struct Tc3Keys {
  Secret of_date{};
  Secret of_service{};
  Secret of_signing{};
};

/// @param date  UTC, as 2023-11-14.
Tc3Keys DeriveTc3Keys(const Secret& secret_key, std::string_view date, std::string_view service);

/// Lower-case hex of the SHA-256 of the canonical form of a POST to `/` without a query.
/// @param headers  in the order of their names.
std::string Tc3RequestHash(std::span<const Tc3Header> headers, std::string_view payload);

struct Tc3Signature {
  std::string hex{};
  Secret authorization{};  ///< value of the header
};

struct Tc3Signer {
  std::string_view secret_id{};
  const Secret& secret_key;
};

/// Signs a POST to `/` without a query. The service refuses one that is five minutes off its clock.
///
/// @param headers  in the order of their names; the request must carry exactly these values, apart
///                 from the case of letters.
/// @source protocol D.8.
Tc3Signature SignTc3(const Tc3Signer& signer, std::string_view service,
                     std::span<const Tc3Header> headers, std::string_view payload, TimePoint now);

}  // namespace rtcroom
