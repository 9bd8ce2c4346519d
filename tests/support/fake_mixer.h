// A mixer whose replies tests set.
#pragma once

#include <utility>
#include <vector>

#include "daemon/media/stream_mixer.h"

namespace rtcroom {

/// Answers at once or, if `hangs`, on request.
///
/// @threads for one thread.
class FakeMixer : public StreamMixer {
 public:
  struct Asked {
    RoomKey room{};
    MixRequest mix{};
  };

  Result<MixReply> reply = MixReply{.code = 0, .message = "Success!", .timestamp = 1'700'000'000};
  bool hangs = false;  ///< answers only in `AnswerAll`

  void Mix(const RoomKey& room, MixRequest request, Done done) override {
    asked_.push_back({room, std::move(request)});
    waiting_.push_back(std::move(done));
    if (!hangs) AnswerAll();
  }
  void AnswerAll() {
    for (const Done& done : std::exchange(waiting_, {})) done(reply);
  }
  /// The mixes received, in order.
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }

 private:
  std::vector<Asked> asked_;
  std::vector<Done> waiting_;
};

}  // namespace rtcroom
