// Logins, sessions, signatures and rate limits of one life of the server.
#pragma once

#include <memory>

#include "daemon/auth/im_login_signer.h"
#include "daemon/auth/login_service.h"
#include "daemon/auth/rate_limited_admission.h"
#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_service.h"
#include "daemon/auth/signed_stream_urls.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/auth/wechat_code_exchange.h"
#include "daemon/base/call_pool.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"

namespace rtcroom {

/// The keys of the IM application in use.
struct ImSigners {
  std::unique_ptr<ImLoginSigner> login{};
  std::unique_ptr<ImLoginSigner> webrtc_ticket{};  ///< signs tickets for webrtc rooms
  std::unique_ptr<UserSigVerifier> verifier{};

  /// @errors one sentence for the operator: a key that cannot be read or used.
  /// @param validities  for the verifier, which it outlives.
  static Result<ImSigners> Create(const ImConfig& im, Interop interop,
                                  const AccountValidities& validities);
};

/// @threads for one thread, except for what it gives out.
class AuthModule {
 public:
  AuthModule(const Config& config, ImSigners signers, StoreModule& store, Runtime& runtime);

  /// Restores the sessions. @param removal  time of the `RemovalClock`.
  Status Start(TimePoint removal) { return sessions_.Restore(removal); }
  void SetLimits(const LimitsConfig& limits);

  /// Interrupts running calls to outside services: their callers are answered.
  void InterruptCalls() { outgoing_.Stop(); }
  /// Call it before the store closes.
  void Stop() {
    calls_.Stop();
    sessions_.Stop();
  }

  [[nodiscard]] const ImLoginSigner& login_signer() const { return *signers_.login; }
  [[nodiscard]] const ImLoginSigner& webrtc_ticket_signer() const {
    return *signers_.webrtc_ticket;
  }
  [[nodiscard]] const UserSigVerifier& verifier() const { return *signers_.verifier; }
  [[nodiscard]] SessionService& sessions() { return sessions_; }
  [[nodiscard]] const SignedStreamUrls& streams() const { return streams_; }
  [[nodiscard]] CallPool& calls() { return calls_; }
  [[nodiscard]] RateLimitedAdmission& admission() { return admission_; }
  /// The costs of clients of the message channel, whose polls and messages must not use up what
  /// their calls of the room API may take.
  [[nodiscard]] RateLimitedAdmission& channel_costs() { return channel_costs_; }
  [[nodiscard]] LoginService& logins() { return logins_; }

 private:
  const ImSigners signers_;
  SessionCrypto session_crypto_;
  SessionService sessions_;
  const SignedStreamUrls streams_;
  HttplibOutgoing outgoing_;
  CallPool calls_;
  WechatCodeExchange codes_;
  RateLimitedAdmission admission_;
  RateLimitedAdmission channel_costs_;
  LoginService logins_;
};

}  // namespace rtcroom
