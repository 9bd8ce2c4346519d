// Tells log, metrics and owners what happens to sessions of browsers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/logger.h"
#include "daemon/core/web_session_table.h"

namespace rtcroom {

/// An end that the owner of a session has not asked for.
struct WebEnd {
  std::string session{};
  RoomKey room{};
  UserId user_id{};
  WebEndReason reason = WebEndReason::kFailed;
};

/// Receives what happens to sessions.
///
/// @threads implementations are safe from any thread, and quick.
class WebObserver {
 public:
  virtual ~WebObserver() = default;
  virtual void OnWebOffer(WebDirection direction, WebOpenOutcome outcome) = 0;
  virtual void OnWebConnected(std::chrono::nanoseconds since_offer) = 0;
  virtual void OnWebEnded(WebEndReason reason) = 0;
  /// Called with each report of figures.
  virtual void OnWebFigures(double loss, std::uint32_t new_key_requests) = 0;
};

/// Log lines have the first digits of a session's ID: the whole is the right to end it.
///
/// @threads safe from any thread.
class WebSessionReports {
 public:
  using OnEnd = std::function<void(const WebEnd&)>;  ///< quick

  /// Observer and logger outlive this object.
  WebSessionReports(WebObserver& observer, Logger& logger, OnEnd on_end)
      : observer_(observer), logger_(logger), on_end_(std::move(on_end)) {}

  void Refused(const WebGrant& grant, WebOpenOutcome outcome, std::string_view reason) const;
  /// An offer was answered.
  void Answered(const WebSession& session, WebOpenOutcome outcome) const;
  void Connected(const WebSession& session, MonotonicTime now) const;
  void Ended(const WebSession& session, WebEndReason reason, MonotonicTime now) const;
  void Figures(double loss, std::uint32_t new_key_requests) const {
    observer_.OnWebFigures(loss, new_key_requests);
  }

 private:
  void Log(std::string_view event, const WebSession& session) const;

  WebObserver& observer_;
  Logger& logger_;
  const OnEnd on_end_;
};

}  // namespace rtcroom
