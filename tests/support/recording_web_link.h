// A worker that has the media of browsers, and an observer of their sessions, that keep what they
// are told.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/web_sessions.h"

namespace rtcroom {

class RecordingWebLink : public WebWorkerLink {
 public:
  void Open(const WebOpening& opening) override {
    opened.emplace_back(opening.session);
    queries.emplace_back(opening.rtmp_query);
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

class CountingWebObserver : public WebObserver {
 public:
  void OnWebOffer(WebDirection /*direction*/, WebOpenOutcome outcome) override {
    ++offers[outcome];
  }
  void OnWebConnected(std::chrono::nanoseconds since_offer) override { connected = since_offer; }
  void OnWebEnded(WebEndReason reason) override { ++ended[reason]; }
  void OnWebFigures(double /*loss*/, std::uint32_t new_key_requests) override {
    key_requests += new_key_requests;
  }
  void OnWebWithoutPictures() override { ++without_pictures; }

  std::map<WebOpenOutcome, int> offers;
  std::map<WebEndReason, int> ended;
  std::chrono::nanoseconds connected{0};
  std::uint32_t key_requests = 0;
  int without_pictures = 0;
};

}  // namespace rtcroom
