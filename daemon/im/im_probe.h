// Checks whether the IM service accepts our calls.
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/base/random_source.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_admin_signature.h"
#include "daemon/im/im_rest.h"

namespace rtcroom {

/// The result of one probe.
struct ImProbeAnswer {
  bool answered = false;  ///< by the service, in its documented form
  int error_code = 0;     ///< 0 when it accepted the call
};

/// @threads safe from any thread.
class ImProbe {
 public:
  /// All but the options must outlive this.
  ImProbe(ImRestOptions options, OutgoingHttp& http, ImAdminSignature& signature,
          RandomSource& random);

  /// Requests the id of one group, which changes nothing. Blocks for `timeout` at most.
  /// @errors as `ImAdminSignature::Get`.
  Result<ImProbeAnswer> Ask(std::chrono::milliseconds timeout);

 private:
  const ImRestOptions options_;
  OutgoingHttp& http_;
  ImAdminSignature& signature_;
  RandomSource& random_;
};

}  // namespace rtcroom
