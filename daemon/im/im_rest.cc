#include "daemon/im/im_rest.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/im/im_error_codes.h"
#include "daemon/im/im_wire.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

/// A length that is safe for every group (protocol D.7).
constexpr std::size_t kMaxNameBytes = 30;

/// Clients compare these byte for byte, or split them at their braces.
constexpr std::string_view kSystemNotice = R"({"cmd":"notifyPusherChange","data":""})";
constexpr std::string_view kCustomMessage = R"({"cmd":"notifyPusherChange","data":{}})";

std::string_view PathOf(GroupCommand command) {
  switch (command) {
    case GroupCommand::kCreate:
      return "create_group";
    case GroupCommand::kDestroy:
      return "destroy_group";
    case GroupCommand::kSystemNotice:
      return "send_group_system_notification";
    case GroupCommand::kCustomMessage:
      return "send_group_msg";
  }
  return "";
}

ImAnswer Passing(std::string detail) {
  return {.outcome = ImOutcome::kPassing, .error_code = 0, .detail = std::move(detail)};
}

/// Whether the service sent a readable answer.
bool IsRead(const ImAnswer& answer) {
  return answer.error_code != 0 || answer.outcome == ImOutcome::kDone;
}

}  // namespace

ImRest::ImRest(ImRestOptions options, OutgoingHttp& http, ImAdminSignature& signature,
               RandomSource& random, const Clock& clock, Logger& logger)
    : options_(std::move(options)),
      http_(http),
      signature_(signature),
      random_(random),
      clock_(clock),
      logger_(logger) {}

ImAnswer ImRest::Call(GroupCommand command, const RoomId& group, milliseconds timeout) {
  const MonotonicTime deadline = clock_.Monotonic() + timeout;
  const Result<Secret> signature = signature_.Get();
  if (!signature) {
    return {.outcome = ImOutcome::kMisconfigured, .detail = signature.error().detail};
  }
  ImAnswer answer = Ask(command, group, *signature, timeout);
  if (!NeedsNewSignature(answer.error_code)) {
    if (IsRead(answer)) RecordAccepted();
    return answer;
  }
  RecordRefused(answer);
  // A second call each time would double the rate that the budget allows.
  if (!MayRenew()) return answer;
  const Result<Secret> renewed = signature_.Renew(*signature);
  if (!renewed) return answer;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock_.Monotonic());
  if (left <= milliseconds(0)) return Passing("no time left for the renewed signature");
  answer = Ask(command, group, *renewed, left);
  if (NeedsNewSignature(answer.error_code)) {
    RecordRenewalRefused();
  } else if (IsRead(answer)) {
    RecordAccepted();
  }
  return answer;
}

void ImRest::RecordAccepted() {
  const MutexLock lock(mutex_);
  is_refused_ = false;
  renewal_refused_at_.reset();
}

void ImRest::RecordRefused(const ImAnswer& answer) {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(is_refused_, true)) return;
  }
  logger_.Warn("im_signature_refused",
               {{"error_code", answer.error_code}, {"detail", answer.detail}});
}

void ImRest::RecordRenewalRefused() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  renewal_refused_at_ = now;
}

bool ImRest::MayRenew() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  return !renewal_refused_at_ || now - *renewal_refused_at_ >= kRenewalPause;
}

ImAnswer ImRest::Ask(GroupCommand command, const RoomId& group, const Secret& signature,
                     milliseconds timeout) {
  const Result<OutgoingReply> reply =
      http_.Post(options_.base_url, Target(command, signature), "application/json",
                 Body(command, group), std::min<milliseconds>(timeout, kMaxCallTime));
  if (!reply) {
    ImAnswer failed = Passing(reply.error().detail);
    if (reply.error().code == Errc::kUnreachable) failed.outcome = ImOutcome::kUnreachable;
    return failed;
  }
  // The service documents status 200 for every answer.
  if (reply->status != 200) return Passing(fmt::format("HTTP status {}", reply->status));
  const std::optional<ImErrorReport> report = ReadImErrorReport(reply->body);
  if (!report) return Passing("an answer that cannot be read");
  if (report->code == 0 && !report->ok) return Passing("an answer that contradicts itself");
  return {.outcome = OutcomeOfErrorCode(command, report->code),
          .error_code = report->code,
          .detail = ImTextForTheLog(report->info, signature)};
}

std::string ImRest::Target(GroupCommand command, const Secret& signature) const {
  return ImTarget(fmt::format("group_open_http_svc/{}", PathOf(command)),
                  {.sdk_app_id = options_.sdk_app_id,
                   .administrator = signature_.administrator(),
                   .signature = signature},
                  random_);
}

std::string ImRest::Body(GroupCommand command, const RoomId& group) const {
  Json body = {{"GroupId", group.value}};
  switch (command) {
    case GroupCommand::kCreate:
      body["Owner_Account"] = signature_.administrator().value;
      body["Type"] = "AVChatRoom";
      body["Name"] = group.value.substr(0, kMaxNameBytes);
      break;
    case GroupCommand::kDestroy:
      break;
    case GroupCommand::kSystemNotice:
      body["Content"] = kSystemNotice;
      break;
    case GroupCommand::kCustomMessage:
      // The service drops a message with a repeated number as a duplicate.
      body["Random"] = RandomUint32(random_);
      body["MsgBody"] =
          Json::array({{{"MsgType", "TIMCustomElem"},
                        {"MsgContent", {{"Data", kCustomMessage}, {"Desc", ""}, {"Ext", ""}}}}});
      break;
  }
  // Ids are ASCII; the service refuses any other.
  return body.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace rtcroom
