// A stand-in service that records requests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/stand_in_service.h"

namespace rtcroom {

/// Gives the same answer to every request.
///
/// @threads safe from any thread.
class AnsweringService {
 public:
  /// @param bytes  of the answer; empty: there is none.
  void Answer(std::string bytes) {
    const MutexLock lock(mutex_);
    answer_ = std::move(bytes);
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }
  StandInService& service() { return service_; }
  [[nodiscard]] std::string Url() const { return service_.Url(); }

 private:
  StandInService::Said Record(const std::string& request) {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
    return {answer_};
  }

  mutable Mutex mutex_;
  std::string answer_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  StandInService service_{[this](const std::string& request) { return Record(request); }};
};

/// What nginx with its RTMP module answers about its streams.
/// @param streams  elements of its application `live`.
inline std::string NginxList(const std::string& streams) {
  return HttpAnswer("200 OK",
                    "<rtmp><pid>1</pid><uptime>1</uptime><server><application><name>live</name>"
                    "<live>" +
                        streams + "</live></application></server></rtmp>");
}

}  // namespace rtcroom
