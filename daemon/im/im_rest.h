// The IM service over its REST interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_admin_signature.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

struct ImRestOptions {
  std::string base_url = "https://console.tim.qq.com";
  std::uint32_t sdk_app_id = 0;
};

/// Calls as the administrator.
///
/// An answer that does not have the documented form is kPassing. The service's error text, without
/// the signature, becomes the answer's detail.
///
/// @threads safe from any thread.
/// @source protocol D.7, F.3.
class ImRest : public ImService {
 public:
  /// Limit of one HTTP call, even if the timeout is longer.
  static constexpr std::chrono::seconds kMaxCallTime{5};

  /// All of them must outlive this.
  ImRest(ImRestOptions options, OutgoingHttp& http, ImAdminSignature& signature,
         RandomSource& random, const Clock& clock, Logger& logger);

  /// Pause between renewals while new signatures are refused too.
  static constexpr std::chrono::seconds kRenewalPause{10};

  /// Renews a refused signature and repeats the call once. Logs refusals once, until one is
  /// accepted.
  ImAnswer Call(GroupCommand command, const RoomId& group,
                std::chrono::milliseconds timeout) override;

 private:
  void RecordAccepted() EXCLUDES(mutex_);
  void RecordRefused(const ImAnswer& answer) EXCLUDES(mutex_);
  void RecordRenewalRefused() EXCLUDES(mutex_);
  /// Whether a new signature may be accepted, judging by the last one.
  bool MayRenew() EXCLUDES(mutex_);
  ImAnswer Ask(GroupCommand command, const RoomId& group, const Secret& signature,
               std::chrono::milliseconds timeout);
  [[nodiscard]] std::string Target(GroupCommand command, const Secret& signature) const;
  [[nodiscard]] std::string Body(GroupCommand command, const RoomId& group) const;

  const ImRestOptions options_;
  OutgoingHttp& http_;
  ImAdminSignature& signature_;
  RandomSource& random_;
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  bool is_refused_ GUARDED_BY(mutex_) = false;  ///< the signature of the last call
  std::optional<MonotonicTime> renewal_refused_at_ GUARDED_BY(mutex_){};
};

}  // namespace rtcroom
