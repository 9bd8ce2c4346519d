#include "daemon/grpc/token_check.h"

#include <string_view>

#include "daemon/auth/digest.h"

namespace rtcroom {
namespace {

constexpr const char* kAuthorization = "authorization";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/";

std::string_view View(const grpc::string_ref& text) { return {text.data(), text.size()}; }

std::string_view ValueOf(const grpc::AuthMetadataProcessor::InputMetadata& metadata,
                         const char* name) {
  // Of several, none: nobody sends it twice by mistake.
  if (metadata.count(name) != 1) return {};
  return View(metadata.find(name)->second);
}

}  // namespace

TokenCheck::TokenCheck(const Secret& token, Logger& logger)
    : wanted_("Bearer " + token.Reveal()), logger_(logger) {}

grpc::Status TokenCheck::Process(const InputMetadata& metadata, grpc::AuthContext* /*context*/,
                                 OutputMetadata* consumed, OutputMetadata* /*response*/) {
  const bool is_right = SameBytes(ValueOf(metadata, kAuthorization), wanted_);
  // Nobody behind this sees it.
  if (is_right) consumed->emplace(kAuthorization, wanted_);
  if (is_right || ValueOf(metadata, ":path").starts_with(kHealth)) return grpc::Status::OK;
  logger_.Debug("grpc_unauthenticated");
  return {grpc::StatusCode::UNAUTHENTICATED, "the token is missing or wrong"};
}

}  // namespace rtcroom
