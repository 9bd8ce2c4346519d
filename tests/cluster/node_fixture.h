// Several servers on one database.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/base/secret.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_server.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// What all nodes have in common.
/// @param heartbeat_timeout  as the configuration writes it.
inline Settings NodeSettings(const Secret& url, Settings settings = {}) {
  settings.emplace("store.url", url.Reveal());
  return WithLogins(std::move(settings));
}

/// Nodes on a schema of its own of a database that the program's tests share.
class Nodes : public testing::Test {
 protected:
  /// Starts another.
  ServerProcess& Add(Settings settings = {}) {
    return *nodes_.emplace_back(std::make_unique<ServerProcess>(
        ServerOptions{.settings = NodeSettings(url_, std::move(settings))}));
  }
  void Add(std::size_t count, const Settings& settings) {
    for (std::size_t i = 0; i < count; ++i) Add(settings);
  }
  [[nodiscard]] ServerProcess& node(std::size_t index) { return *nodes_.at(index); }

  int Call(std::size_t at, const char* endpoint, const nlohmann::json& body,
           std::string_view kind = "multi_room") {
    return node(at).Https().Call(kind, endpoint, body).code();
  }
  [[nodiscard]] std::vector<std::string> PushersAt(std::size_t index, const std::string& room,
                                                   std::string_view kind = "multi_room") {
    ApiClient client = node(index).Https();
    return PushersOf(client, kind, room);
  }
  /// Whether all nodes come to see these pushers.
  [[nodiscard]] bool EventuallyAll(const std::string& room, const std::vector<std::string>& pushers,
                                   std::string_view kind = "multi_room") {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!Eventually([&] { return PushersAt(i, room, kind) == pushers; })) return false;
    }
    return true;
  }

  const Secret url_ = SharedPostgres().UrlOfNewSchema();
  std::vector<std::unique_ptr<ServerProcess>> nodes_;
};

}  // namespace rtcroom
