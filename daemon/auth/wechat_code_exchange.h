// Exchanges login codes with the WeChat platform.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "daemon/auth/code_exchange.h"
#include "daemon/base/call_pool.h"
#include "daemon/base/logger.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

struct WechatOptions {
  std::string base_url = "https://api.weixin.qq.com";
  std::string app_id{};  ///< empty: no request is sent, every exchange is kNotConfigured
  Secret secret{};       ///< likewise
  /// The time limit of one request. A busy platform gets two.
  std::chrono::milliseconds timeout = std::chrono::seconds(3);
};

/// Calls `jscode2session` on the threads of a pool. A call that the pool rejects or drops is
/// kOverloaded.
///
/// A response is accepted only in the documented form: anything else is kUnavailable. An openid
/// becomes a user id, so it must be a valid one. The log contains only the platform's error number.
///
/// @threads safe from any thread.
/// @source protocol D.9.
class WechatCodeExchange : public CodeExchange {
 public:
  /// All arguments must live until the pool is stopped, and so must this object.
  WechatCodeExchange(WechatOptions options, OutgoingHttp& http, CallPool& calls, Logger& logger);

  /// `done` is called at once for a code that is not sent, otherwise by a thread of the pool or by
  /// the thread that stops the pool.
  void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) override;

 private:
  struct Answer;

  /// Blocks until the outcome is known.
  CodeExchangeResult ExchangeNow(const std::string& code);
  Answer Ask(const std::string& code);

  const WechatOptions options_;
  OutgoingHttp& http_;
  CallPool& calls_;
  Logger& logger_;
};

}  // namespace rtcroom
