#include "daemon/im/im_probe.h"

#include <optional>
#include <utility>

#include "daemon/im/im_wire.h"

namespace rtcroom {
namespace {

constexpr const char* kCommand = "group_open_http_svc/get_appid_group_list";
constexpr const char* kBody = R"({"Limit":1,"Next":0})";

}  // namespace

ImProbe::ImProbe(ImRestOptions options, OutgoingHttp& http, ImAdminSignature& signature,
                 RandomSource& random)
    : options_(std::move(options)), http_(http), signature_(signature), random_(random) {}

Result<ImProbeAnswer> ImProbe::Ask(std::chrono::milliseconds timeout) {
  const Result<Secret> signature = signature_.Get();
  if (!signature) return signature.error();
  const std::string target = ImTarget(kCommand,
                                      {.sdk_app_id = options_.sdk_app_id,
                                       .administrator = signature_.administrator(),
                                       .signature = *signature},
                                      random_);
  const Result<OutgoingReply> reply =
      http_.Post(options_.base_url, target, "application/json", kBody, timeout);
  if (!reply || reply->status != 200) return ImProbeAnswer{};
  const std::optional<ImErrorReport> report = ReadImErrorReport(reply->body);
  if (!report || (report->code == 0 && !report->ok)) return ImProbeAnswer{};
  return ImProbeAnswer{.answered = true, .error_code = report->code};
}

}  // namespace rtcroom
