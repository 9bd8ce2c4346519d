#include "daemon/auth/wechat_code_exchange.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/json_member.h"
#include "daemon/base/exception_type.h"
#include "daemon/base/log_scope.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/core/ids.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxCodeBytes = 512;   // real ones have 32
constexpr std::size_t kMaxOpenidBytes = 64;  // as of any user id
constexpr std::size_t kMaxSessionKeyBytes = 256;

/// The platform's error number; 0 when absent, nullopt when it is not a number.
std::optional<std::int64_t> Errcode(const Json& object) {
  const auto field = object.find("errcode");
  if (field == object.end()) return 0;
  if (!field->is_number_integer()) return std::nullopt;
  // Past this a number would turn negative, and perhaps into the -1 that allows a retry.
  if (field->is_number_unsigned() && field->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return field->get<std::int64_t>();
}

CodeExchangeResult OutcomeOf(std::int64_t errcode) {
  switch (errcode) {
    case 40029:  // unknown code
    case 40163:  // used code
    case 45011:  // too many requests for this user
    case -1:     // the platform is busy
      return {.outcome = CodeExchangeOutcome::kBadCode};
    case 40226:  // a user held for risky
      return {.outcome = CodeExchangeOutcome::kRefused};
    default:
      // Other codes concern our own application: a wrong secret, an exhausted quota.
      return {.outcome = CodeExchangeOutcome::kUnavailable};
  }
}

CodeExchangeResult ReadSession(const Json& object) {
  const std::optional<std::string> openid = TextMember(object, "openid");
  if (!openid || !IsIdText(*openid) || openid->size() > kMaxOpenidBytes) return {};
  CodeExchangeResult result{.outcome = CodeExchangeOutcome::kOk, .openid = *openid};
  if (object.contains("session_key")) {
    std::optional<std::string> session_key = TextMember(object, "session_key");
    if (!session_key || session_key->size() > kMaxSessionKeyBytes) return {};
    result.session_key = Secret(*std::move(session_key));
  }
  return result;
}

}  // namespace

struct WechatCodeExchange::Answer {
  CodeExchangeResult result{};
  bool busy = false;  ///< the one answer after which the code may be asked for again
};

WechatCodeExchange::WechatCodeExchange(WechatOptions options, OutgoingHttp& http, CallPool& calls,
                                       Logger& logger)
    : options_(std::move(options)), http_(http), calls_(calls), logger_(logger) {}

void WechatCodeExchange::Exchange(const std::string& code,
                                  std::function<void(CodeExchangeResult)> done) {
  if (options_.app_id.empty() || options_.secret.empty()) {
    return done({.outcome = CodeExchangeOutcome::kNotConfigured});
  }
  if (code.empty() || code.size() > kMaxCodeBytes) {
    return done({.outcome = CodeExchangeOutcome::kBadCode});
  }
  const auto reject = [done] { done({.outcome = CodeExchangeOutcome::kOverloaded}); };
  const bool is_taken = calls_.TrySubmit(
      {.run =
           [this, code, done = std::move(done), request = std::string(LogScope::Current())] {
             const LogScope scope(request);
             done(ExchangeNow(code));
           },
       .expired = reject});
  if (!is_taken) reject();
}

CodeExchangeResult WechatCodeExchange::ExchangeNow(const std::string& code) {
  try {
    Answer answer = Ask(code);
    // A code is good for one use: after any other answer, or none, it may be used up.
    if (answer.busy) answer = Ask(code);
    return std::move(answer.result);
  } catch (const std::exception&) {
    logger_.Error("wechat_exchange_failed", {{"type", CurrentExceptionType()}});
    return {};
  }
}

WechatCodeExchange::Answer WechatCodeExchange::Ask(const std::string& code) {
  const std::string path_and_query = fmt::format(
      "/sns/jscode2session?appid={}&secret={}&js_code={}&grant_type=authorization_code",
      PercentEncode(options_.app_id), PercentEncode(options_.secret.Reveal()), PercentEncode(code));
  const Result<OutgoingReply> reply =
      http_.Get(options_.base_url, path_and_query, options_.timeout);
  if (!reply) {
    logger_.Warn("wechat_unreachable", {{"reason", reply.error().detail}});
    return {};
  }
  const Json object = Json::parse(reply->body, nullptr, /*allow_exceptions=*/false);
  const std::optional<std::int64_t> number =
      reply->status == 200 && object.is_object() ? Errcode(object) : std::nullopt;
  if (!number || *number == 0) {
    Answer answer{.result = number ? ReadSession(object) : CodeExchangeResult()};
    if (answer.result.outcome != CodeExchangeOutcome::kOk) {
      logger_.Warn("wechat_answer_unreadable", {{"status", reply->status}});
    }
    return answer;
  }
  Answer answer{.result = OutcomeOf(*number), .busy = number == -1};
  const bool ours = answer.result.outcome == CodeExchangeOutcome::kUnavailable;
  logger_.Log(ours ? LogLevel::kWarn : LogLevel::kDebug, "wechat_refused", {{"errcode", *number}});
  return answer;
}

}  // namespace rtcroom
