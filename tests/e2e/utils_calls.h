// Calls of the endpoints under `utils`.
#pragma once

#include <string>

#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

inline constexpr const char* kToken = "token-of-the-operator";

/// All of `utils` enabled and configured, in addition to `settings`.
inline Settings UtilsSettings(Settings settings = {}) {
  settings.merge(Settings{{"utils.enabled", true},
                          {"utils.admin_token", kToken},
                          {"im.sdk_app_id", 1400000001},
                          {"im.secret_key", "a key for tests"},
                          {"live.bizid", "8888"},
                          {"live.push_key", "testpushkey0123456789"},
                          {"live.api_key", "testapikey0123456789"}});
  return settings;
}

/// @param endpoint  with its query.
inline ApiReply Get(ApiClient& client, const std::string& endpoint, const std::string& token = "") {
  ApiRequest request{.method = "GET", .target = "/weapp/utils/" + endpoint, .content_type = ""};
  if (!token.empty()) request.headers = {{"Authorization", "Bearer " + token}};
  return client.Send(request);
}

}  // namespace rtcroom
