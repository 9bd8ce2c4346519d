#include "daemon/grpc/grpc_credentials.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <grpc/grpc.h>
#include <grpc/slice.h>

namespace rtcroom {
namespace {

constexpr std::string_view kHealth = "/grpc.health.v1.Health/";
constexpr std::array<std::string_view, 2> kCallsOfWorkers = {"/rtcroom.v1.RoomAdmin/FollowMixes",
                                                             "/rtcroom.v1.RoomAdmin/ServeWeb"};

std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

}  // namespace

GrpcCredentials::GrpcCredentials(grpc_local_connect_type type, GrpcCallers callers,
                                 const Secret& token, Logger& logger)
    : callers_(callers),
      token_(token),
      logger_(logger),
      credentials_(grpc_local_server_credentials_create(type)) {
  CheckCalls();
}

GrpcCredentials::GrpcCredentials(GrpcCertificates certificates, GrpcCallers callers,
                                 const Secret& token, Logger& logger)
    : callers_(callers),
      token_(token),
      logger_(logger),
      certificates_(std::move(certificates)),
      credentials_(grpc_ssl_server_credentials_create_with_options(
          grpc_ssl_server_credentials_create_options_using_config_fetcher(
              certificates_.client_ca.empty()
                  ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                  : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
              [](void* self, grpc_ssl_server_certificate_config** config) {
                return static_cast<GrpcCredentials*>(self)->Fetch(config);
              },
              this))) {
  CheckCalls();
}

GrpcCredentials::~GrpcCredentials() { grpc_server_credentials_release(credentials_); }

void GrpcCredentials::Replace(GrpcCertificates certificates) {
  const MutexLock lock(mutex_);
  certificates_ = std::move(certificates);
  is_fetched_ = false;
}

int GrpcCredentials::AddPortToServer(const std::string& address, grpc_server* server) {
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

void GrpcCredentials::CheckCalls() {
  if (callers_ == GrpcCallers::kOperators && !token_.is_set()) return;
  grpc_server_credentials_set_auth_metadata_processor(
      credentials_, {.process = CheckCall, .destroy = [](void*) {}, .state = this});
}

// gRPC calls this at the start and before each handshake.
grpc_ssl_certificate_config_reload_status GrpcCredentials::Fetch(
    grpc_ssl_server_certificate_config** config) {
  const MutexLock lock(mutex_);
  if (std::exchange(is_fetched_, true)) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const grpc_ssl_pem_key_cert_pair pair = {.private_key = certificates_.key.Reveal().c_str(),
                                           .cert_chain = certificates_.cert.c_str()};
  // gRPC asserts that there are roots, even if clients need no certificate.
  const std::string& roots =
      certificates_.client_ca.empty() ? certificates_.cert : certificates_.client_ca;
  *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

void GrpcCredentials::CheckCall(void* self, grpc_auth_context* /*context*/,
                                const grpc_metadata* metadata, std::size_t count,
                                grpc_process_auth_metadata_done_cb done, void* user_data) {
  const GrpcCredentials& own = *static_cast<const GrpcCredentials*>(self);
  const grpc_metadata* shown = nullptr;
  std::size_t shown_count = 0;
  std::string_view method;
  for (const grpc_metadata& each : std::span(metadata, count)) {
    if (View(each.key) == "authorization") {
      shown = &each;
      ++shown_count;
    } else if (View(each.key) == ":path") {
      method = View(each.value);
    }
  }
  const bool is_free =
      method.starts_with(kHealth) ||
      (own.callers_ == GrpcCallers::kWorkers && std::ranges::count(kCallsOfWorkers, method) != 0);
  if (is_free) return done(user_data, nullptr, 0, nullptr, 0, GRPC_STATUS_OK, nullptr);
  if (own.callers_ == GrpcCallers::kWorkers) {
    own.logger_.Debug("grpc_permission_denied");
    return done(user_data, nullptr, 0, nullptr, 0, GRPC_STATUS_PERMISSION_DENIED,
                "this listener is for workers only");
  }
  // Several values are rejected: no client sends it twice by mistake.
  if (shown_count == 1 && own.token_.Admits(Secret(std::string(View(shown->value))))) {
    // Consumed: no service sees it.
    return done(user_data, shown, 1, nullptr, 0, GRPC_STATUS_OK, nullptr);
  }
  own.logger_.Debug("grpc_unauthenticated");
  done(user_data, nullptr, 0, nullptr, 0, GRPC_STATUS_UNAUTHENTICATED,
       "the token is missing or wrong");
}

}  // namespace rtcroom
