// Events and messages that the receivers of one room get at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/channel/room_cursor.h"
#include "daemon/core/message_store.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// Clients of a room with more viewers than that are told their number instead of each one.
inline constexpr std::uint64_t kMostToldViewers = 200;

/// How many viewers there are after the event, if it is told by that number.
std::optional<std::uint64_t> ToldAudienceCount(const RoomEvent& event);

/// The pusher whose profile the event shows; null: none.
const UserId* ShownPusher(const RoomEvent& event);
/// The URL from which that pusher is played; empty: there is none.
std::string_view PlayUrlOf(const RoomEvent& event, const Room& room);

/// An event or a message of a room: the other one is null. The pushes that carry it share it.
struct RoomObject {
  std::shared_ptr<const StoredEvent> event{};
  std::shared_ptr<const StoredMessage> message{};
  /// The number of an event before it that it stands for, too, with all between; or `seq`.
  std::uint64_t first = 0;
  std::string play_url{};  ///< of `ShownPusher`, where it is known
  /// The number of viewers after an event before it, which is told with it.
  std::optional<std::uint64_t> audience_count{};

  [[nodiscard]] bool is_message() const { return message != nullptr; }
  /// The number among the events or the messages of the room.
  [[nodiscard]] std::uint64_t seq() const {
    return message ? message->seq : event->event.room_sequence;
  }
  /// The time at which it happened or was sent.
  [[nodiscard]] TimePoint made_at() const {
    return message ? message->content.sent_at : event->event.at;
  }
  /// Nothing follows.
  [[nodiscard]] bool ends_room() const {
    return event && std::holds_alternative<RoomDestroyed>(event->event.payload);
  }
  /// About what it takes in memory and in a frame.
  [[nodiscard]] std::size_t bytes() const;
};

/// Events and messages of a room in their order, for receivers at any position. Nearly all are at
/// the same one, so what is made of them for a position is kept.
///
/// @threads functions that are const are safe from any thread, the others for one thread.
class RoomPush {
 public:
  explicit RoomPush(std::vector<RoomObject> objects) : objects_(std::move(objects)) {}

  [[nodiscard]] std::span<const RoomObject> objects() const { return objects_; }

  /// The part that a receiver has not received yet.
  struct Part {
    RoomPosition from{};
    RoomPosition at{};                         ///< of the receiver after it
    bool has_gap = false;                      ///< one before the next is missing: it ends there
    std::vector<const RoomObject*> objects{};  ///< of the push
    std::string form{};                        ///< as `FormFrom` was given it

    /// The time of the first object.
    [[nodiscard]] std::optional<TimePoint> made_at() const {
      return objects.empty() ? std::nullopt : std::optional(objects.front()->made_at());
    }
    [[nodiscard]] bool has_ended() const { return !objects.empty() && objects.back()->ends_room(); }
  };
  /// The `RoomPosition::event` of a receiver that does not count events, and gets all that come.
  static constexpr std::uint64_t kEveryEvent = std::numeric_limits<std::uint64_t>::max();
  [[nodiscard]] Part PartFrom(RoomPosition from) const;

  using MakeForm = std::function<std::string(const Part& part)>;
  /// The part in the form of a protocol, which is kept for the next receiver.
  /// @param variant  distinguishes what `make` makes of the same part.
  /// @param make     is given one object at least.
  const Part& FormFrom(RoomPosition from, int variant, const MakeForm& make);

 private:
  const std::vector<RoomObject> objects_;
  /// The forms by variant, the newest last.
  std::vector<std::pair<int, Part>> forms_;
};

}  // namespace rtcroom
