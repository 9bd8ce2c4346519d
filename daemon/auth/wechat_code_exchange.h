// Exchanges login codes at the WeChat platform.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "daemon/auth/code_exchange.h"
#include "daemon/base/logger.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/call_pool.h"
#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

struct WechatOptions {
  std::string base_url = "https://api.weixin.qq.com";
  std::string app_id{};  ///< empty: nothing is asked, every exchange is kNotConfigured
  Secret secret{};       ///< likewise
  /// Of one question. A busy platform is asked twice.
  std::chrono::milliseconds timeout = std::chrono::seconds(3);
};

/// Asks `jscode2session`, on the callers of a pool. What that does not take, or not in time, is
/// kOverloaded.
///
/// The answer is believed only where it is what the platform documents: anything else is
/// kUnavailable. An openid becomes a user id, so one that could not be a user id is no openid.
/// The log gets the platform's error number and nothing else of an answer.
///
/// @threads safe from any thread.
/// @source protocol D.9.
class WechatCodeExchange : public CodeExchange {
 public:
  /// All of them must live until the pool is stopped, and so must this.
  WechatCodeExchange(WechatOptions options, OutgoingHttp& http, CallPool& calls, Logger& logger);

  /// `done` is called at once for a code that is not asked for, else by a caller of the pool, or
  /// by whoever stops it.
  void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) override;

 private:
  struct Answer;

  /// Blocks until it is known.
  CodeExchangeResult ExchangeNow(const std::string& code);
  Answer Ask(const std::string& code);

  const WechatOptions options_;
  OutgoingHttp& http_;
  CallPool& calls_;
  Logger& logger_;
};

}  // namespace rtcroom
