#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/utils_request.h"

namespace rtcroom {
namespace {

constexpr std::string_view kWell = "检查正确";
constexpr std::string_view kFailed = "检查失败";
constexpr std::string_view kDocument = "docs/protocol.md A.5";

struct PartWords {
  bool is_im = false;
  std::string_view culprit{};  ///< the name that existing clients know
  std::string_view keys{};     ///< the keys for the operator to check
};

PartWords WordsOf(ConfigPart part) {
  switch (part) {
    case ConfigPart::kLiveAddress:
      return {.culprit = "appID", .keys = "live.bizid, live.push_host"};
    case ConfigPart::kLiveKey:
      return {.culprit = "APIKey", .keys = "live.push_key"};
    case ConfigPart::kImApplication:
      return {.is_im = true, .culprit = "sdkAppID", .keys = "im.sdk_app_id"};
    case ConfigPart::kImAdministrator:
      return {.is_im = true, .culprit = "administrator", .keys = "im.admin"};
    case ConfigPart::kImKey:
      return {.is_im = true, .culprit = "privateKey", .keys = "im.secret_key, im.private_key_file"};
    case ConfigPart::kImService:
      return {.is_im = true, .culprit = "service", .keys = "im.base_url"};
  }
  return {};
}

std::string HintOf(const ConfigFinding& finding, std::string_view keys) {
  switch (finding.fault) {
    case ConfigFault::kMissing:
      return fmt::format("未配置，请检查 {}", keys);
    case ConfigFault::kRefused:
      return fmt::format("错误码 {}，请检查 {}", finding.error_code, keys);
    case ConfigFault::kUnreachable:
      return fmt::format("无法访问，请检查 {}", keys);
  }
  return {};
}

void AddHints(std::string_view name, bool of_im, const std::vector<ConfigFinding>& findings,
              JsonText& fields) {
  fields.BeginObject(name);
  for (const ConfigFinding& finding : findings) {
    const PartWords words = WordsOf(finding.part);
    if (words.is_im == of_im) fields.Field(words.culprit, HintOf(finding, words.keys));
  }
  fields.EndObject();
}

Reply ReplyTo(const std::vector<ConfigFinding>& findings) {
  if (findings.empty()) return Reply::Success(JsonText().Field("result", kWell));
  JsonText fields;
  fields.Field("result", kFailed);
  AddHints("live", /*of_im=*/false, findings, fields);
  AddHints("im", /*of_im=*/true, findings, fields);
  fields.Field("doc", kDocument);
  return Reply::Failure({Errc::kUnavailable, "the check has found faults"}, std::move(fields));
}

}  // namespace

void HandleCheckConfig(const Request& request, const HandlerContext& context, Answer answer) {
  const UtilsServices& utils = *context.services.utils;
  if (utils.token.is_set()) {
    const Status allowed = CheckAdminToken(request, utils.token);
    if (!allowed) return answer(Reply::Failure(allowed.error()));
  }
  utils.config.Check([answer = std::move(answer)](const std::vector<ConfigFinding>& findings) {
    answer(ReplyTo(findings));
  });
}

}  // namespace rtcroom
