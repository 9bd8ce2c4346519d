// Events and messages that the receivers of one room get at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/json_text.h"
#include "daemon/channel/push_json.h"
#include "daemon/channel/room_cursor.h"

namespace rtcroom {

/// Encodes a text as the frame that every receiver gets.
using EncodeFrame = std::string (*)(std::string_view text);

/// Events and messages of a room in their order, for receivers at any position. Nearly all are at
/// the same one, so frame and view for one position are kept.
///
/// @threads functions that are const are safe from any thread, the others for one thread.
class RoomPush {
 public:
  RoomPush(std::string epoch, std::uint64_t room_number, std::vector<RoomObject> objects)
      : epoch_(std::move(epoch)), room_number_(room_number), objects_(std::move(objects)) {}

  [[nodiscard]] std::span<const RoomObject> objects() const { return objects_; }

  /// The part that a receiver has not received yet.
  struct Rendered {
    std::vector<std::string> events{};   ///< objects with their cursors
    std::optional<TimePoint> made_at{};  ///< of the first of them
    RoomPosition at{};                   ///< of the receiver after them
    bool has_gap = false;                ///< one before them is missing: `events` ends there
    bool has_ended = false;              ///< the room
  };
  [[nodiscard]] Rendered Render(RoomPosition from) const;

  /// The same as one frame, for sockets.
  struct Frame {
    RoomPosition from{};
    std::optional<TimePoint> made_at{};
    RoomPosition at{};
    bool has_gap = false;
    bool has_ended = false;
    std::string bytes{};  ///< empty: there is nothing new
  };
  [[nodiscard]] Frame MakeFrame(RoomPosition from, EncodeFrame encode) const;
  /// It is kept for the next receiver.
  const Frame& FrameFrom(RoomPosition from, EncodeFrame encode);

  /// The same as the members that `WriteRecovered` writes, for polls.
  struct View {
    RoomPosition from{};
    bool has_gap = false;
    std::string members{};  ///< empty: there is nothing new
  };
  const View& ViewFrom(RoomPosition from);

  /// The objects that the receiver has not received yet, for the form of another protocol, in which
  /// messages alone have a place: `Frame::from` and `at` hold places of messages only.
  struct Objects {
    std::vector<const RoomObject*> objects{};
    Frame frame{};  ///< without `bytes`
  };
  [[nodiscard]] Objects ObjectsFrom(std::uint64_t from_message) const;
  /// The frame in that form.
  /// @param variant  distinguishes what `make` makes of the same objects.
  /// @param make     the bytes, of one object at least.
  using MakeForm = std::function<std::string(const Objects& found)>;
  const Frame& FormFrom(std::uint64_t from_message, int variant, const MakeForm& make);

 private:
  const std::string epoch_;
  const std::uint64_t room_number_;
  const std::vector<RoomObject> objects_;
  std::optional<Frame> frame_;
  std::optional<View> view_;
  /// By variant, the newest last.
  std::vector<std::pair<int, Frame>> forms_;
};

/// The members of a reply to `subscribe` that continues from a cursor.
/// @param cursor  after the events.
/// @param events  as `RoomPush::Rendered`.
void WriteRecovered(const RoomCursor& cursor, const std::vector<std::string>& events,
                    JsonText& out);

}  // namespace rtcroom
