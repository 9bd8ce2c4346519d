// Exchanges login codes at the WeChat platform.
#pragma once

#include <chrono>
#include <cstddef>
#include <semaphore>
#include <string>

#include "daemon/base/logger.h"
#include "daemon/base/secret.h"
#include "daemon/core/code_exchange.h"
#include "daemon/outgoing_http.h"

namespace rtcroom {

struct WechatOptions {
  std::string base_url = "https://api.weixin.qq.com";
  std::string app_id{};  ///< empty: nothing is asked, every exchange is kNotConfigured
  Secret secret{};       ///< likewise
  /// Of one question. A busy platform is asked twice.
  std::chrono::milliseconds timeout = std::chrono::seconds(3);
};

/// Asks `jscode2session`.
///
/// The answer is believed only where it is what the platform documents: anything else is
/// kUnavailable. An openid becomes a user id, so one that could not be a user id is no openid.
/// The log gets the platform's error number and nothing else of an answer.
///
/// @threads safe from any thread.
/// @source protocol D.9.
class WechatCodeExchange : public CodeExchange {
 public:
  /// Exchanges at a time; past it the outcome is kOverloaded at once.
  static constexpr std::ptrdiff_t kMaxExchanges = 16;

  WechatCodeExchange(WechatOptions options, OutgoingHttp& http, Logger& logger);

  CodeExchangeResult Exchange(const std::string& code) override;

 private:
  struct Answer;

  Answer Ask(const std::string& code);

  const WechatOptions options_;
  OutgoingHttp& http_;
  Logger& logger_;
  std::counting_semaphore<kMaxExchanges> free_seats_{kMaxExchanges};
};

}  // namespace rtcroom
