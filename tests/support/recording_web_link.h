// A worker that has the media of browsers, which keeps what it is told.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/web_sessions.h"

namespace rtcroom {

class RecordingWebLink : public WebWorkerLink {
 public:
  void Open(const WebSession& session) override {
    opened.push_back(session.id);
    queries.push_back(session.rtmp_query);
  }
  void Close(std::string_view session, std::string_view reason) override {
    closed.emplace_back(session, reason);
  }
  void Keep(const WebKeep& keep) override { kept = keep; }

  [[nodiscard]] std::vector<std::string> Pulled() const {
    std::vector<std::string> streams;
    for (const WebPull& pull : kept.streams) streams.push_back(pull.name.stream);
    return streams;
  }

  std::vector<std::string> opened;
  std::vector<std::string> queries;
  std::vector<std::pair<std::string, std::string>> closed;
  WebKeep kept;
};

}  // namespace rtcroom
