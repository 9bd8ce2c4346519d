// The same histories through the use cases: the replies, and the state visible to each dialect
// afterwards, must match the model.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/core/commit_signal.h"
#include "daemon/core/inactive_rooms.h"
#include "tests/fuzz/model_match.h"
#include "tests/fuzz/room_history.h"
#include "tests/fuzz/room_model.h"
#include "tests/support/create_now.h"
#include "tests/support/cycles.h"
#include "tests/support/fake_clock.h"
#include "tests/support/service_parts.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using Action = RoomCommand::Action;

/// The error code of a failure; nullopt on success.
std::optional<Errc> FailureOf(const auto& outcome) {
  return outcome ? std::nullopt : std::optional(outcome.error().code);
}

/// The use cases over a store without rooms.
class Service {
 public:
  explicit Service(const RoomPolicy& policy)
      : policy_(policy), rooms_(parts_.Deps(store_), {.policy = policy}, parts_.logger) {}

  [[nodiscard]] RoomService& rooms() { return rooms_; }
  /// Number of leases that may expire, of pushers and of rooms.
  [[nodiscard]] std::size_t leases() const { return parts_.leases.size(); }
  [[nodiscard]] std::size_t waiting_rooms() const { return inactive_.size(); }

  std::optional<Errc> Send(const RoomCommand& command) {
    const MemberCommand member{
        .room = command.room, .dialect = command.dialect, .user_id = command.user_id};
    switch (command.action) {
      case Action::kCreate:
        return FailureOf(CreateNow(rooms_, CreateOf(command)));
      case Action::kAdd:
        return FailureOf(AddNow(rooms_, AddOf(command)));
      case Action::kDelete:
        return FailureOf(rooms_.DeletePusher(member));
      case Action::kExpire:  // leaves as when removed by an operator
        return FailureOf(rooms_.KickPusher({.room = command.room, .user_id = command.user_id}));
      case Action::kDestroy:
        return FailureOf(rooms_.DestroyRoom(member));
      case Action::kDismiss:
        return FailureOf(rooms_.DismissRoom(command.room));
      case Action::kExpireInactive:
        return ExpireInactive(command);
      case Action::kWatch:
        return FailureOf(rooms_.AddAudience({.member = member, .user_info = command.info}));
      case Action::kUnwatch:
        return FailureOf(rooms_.DeleteAudience(member));
      case Action::kSetCustom:
      case Action::kCountCustom:
        return FailureOf(rooms_.SetCustom(CustomOf(command, member)));
      case Action::kLook:
        return FailureOf(store_.rooms().Load(command.room));
    }
    return Errc::kInternal;
  }

 private:
  static PusherProfile ProfileOf(const RoomCommand& command) {
    return {.user_name = command.user_name,
            .user_avatar = command.user_avatar,
            .push_url = command.push_url};
  }
  static CreateRoomCommand CreateOf(const RoomCommand& command) {
    return {.kind = command.room.kind,
            .dialect = command.dialect,
            .room_id = command.room.id,
            .user_id = command.user_id,
            .profile = ProfileOf(command),
            .info = command.info,
            .type = command.type};
  }
  static AddPusherCommand AddOf(const RoomCommand& command) {
    return {.room = command.room,
            .dialect = command.dialect,
            .user_id = command.user_id,
            .profile = ProfileOf(command),
            .info = command.info};
  }
  SetCustomCommand CustomOf(const RoomCommand& command, const MemberCommand& member) const {
    const bool for_members =
        command.action == Action::kSetCustom && policy_.custom_set == CustomSet::kMembers;
    return {.member = member,
            .right = for_members ? rules::CustomRight::kMembers : rules::CustomRight::kAnyone,
            .edit = [step = command.step](std::string_view custom) {
              return EditCustom(custom, step);
            }};
  }

  std::optional<Errc> ExpireInactive(const RoomCommand& command) {
    const Result<Room> stored = store_.rooms().Load(command.room);
    const std::uint64_t sequence = stored ? stored->sequence : 1;
    const InactiveRoom room{.key = command.room,
                            .sequence = command.is_stale ? sequence - 1 : sequence};
    const ExpiryOutcome outcome = rooms_.ExpireInactive({&room, 1});
    if (outcome.failed != 0) return Errc::kInternal;
    return FailureOf(stored);
  }

  const RoomPolicy policy_;
  FakeClock clock_;
  ServiceParts parts_{clock_};
  InactiveRooms inactive_{clock_, std::chrono::seconds(120)};
  CommitFanOut commits_{{&parts_.leases, &inactive_}};
  TempStore store_{{.max_rooms = kMostRoomsOfHistories}, "00000000000000ff", commits_};
  RoomService rooms_;
};

/// Compares the rooms visible to requests of that dialect with the model's.
Fault CompareView(const RoomModel& model, const RoomPolicy& policy, Dialect dialect,
                  RoomService& rooms) {
  const bool shared = policy.interop == Interop::kShared;
  for (const RoomModel::ModelRoom& expected : model.rooms()) {
    const bool visible = !expected.members.empty() && (shared || expected.made_by == dialect);
    const Result<Room> room = rooms.LoadRoom(expected.key, dialect);
    if (room.ok() != visible) return expected.key.id.value + " is seen or not, and should not be";
    if (room && !MatchesButForUrl(*room, expected)) return expected.key.id.value + " is different";
    const auto viewers = rooms.LoadAudiences(expected.key, dialect);
    const std::size_t watching = visible ? expected.viewers.size() : 0;
    if (!viewers || viewers->count != watching) return "its viewers are not those that came";
    for (const RoomModel::Member& member : expected.members) {
      const bool beats =
          rooms.TouchPusher({.room = expected.key, .dialect = dialect, .user_id = {member.user_id}})
              .ok();
      if (beats != visible) return "a heartbeat of " + member.user_id + " is taken wrongly";
    }
  }
  for (const RoomKind kind : kAllRoomKinds) {
    const auto of_dialect = shared ? std::nullopt : std::optional(dialect);
    const auto expected = model.List(kind, of_dialect, std::nullopt);
    const auto listed = rooms.ListRooms({.kind = kind, .dialect = dialect, .count = 200});
    const auto same = [](const Room& room, const auto* one) {
      return MatchesButForUrl(room, *one);
    };
    if (!listed || !std::ranges::equal(*listed, expected, same)) {
      return fmt::format("the list of {} rooms is different", RoomKindName(kind));
    }
  }
  return std::nullopt;
}

/// Checks that a sweep covers exactly the members and waiting rooms of the model.
Fault CompareSwept(const RoomModel& model, const Service& service) {
  std::size_t members = 0;
  std::size_t waiting = 0;
  for (const RoomModel::ModelRoom& room : model.rooms()) {
    members += room.members.size();
    if (room.members.empty()) ++waiting;
  }
  if (service.leases() != members) return "there is not one lease for each pusher";
  if (service.waiting_rooms() != waiting) return "other rooms are held to be waiting";
  return std::nullopt;
}

Fault CompareViews(const RoomModel& model, const RoomPolicy& policy, RoomService& rooms) {
  for (const Dialect dialect : {Dialect::kGen1, Dialect::kGen2}) {
    Fault fault = CompareView(model, policy, dialect, rooms);
    if (fault) return fmt::format("for {}: {}", DialectName(dialect), *fault);
  }
  return std::nullopt;
}

/// Compares the outcome of one command with the model's.
Fault CompareAfter(const RoomCommand& command, const RoomPolicy& policy, RoomModel& model,
                   Service& service) {
  std::optional<Errc> expected = model.Apply(command).failure;
  // Leaving a room as a viewer that is not in it is not an error.
  if (command.action == Action::kUnwatch) expected.reset();
  const std::optional<Errc> actual = service.Send(command);
  if (actual != expected) {
    const auto name = [](const std::optional<Errc>& code) {
      return code ? ErrcName(*code) : std::string_view("done");
    };
    return fmt::format("{} instead of {}", name(actual), name(expected));
  }
  if (Fault fault = CompareSwept(model, service)) return fault;
  return CompareViews(model, policy, service.rooms());
}

Fault TryThroughUseCases(const RoomHistory& history) {
  Service service(history.policy);
  RoomModel model(history.policy, kMostRoomsOfHistories);
  for (const RoomCommand& command : history.commands) {
    const Fault fault = CompareAfter(command, history.policy, model, service);
    if (!fault) continue;
    std::ostringstream text;
    text << command << ": " << *fault;
    return std::move(text).str();
  }
  return std::nullopt;
}

TEST(RoomServiceHistories, MatchTheModel) {
  const std::uint64_t first = Seed(9'000'001);
  const std::size_t count = Cycles(60);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const RoomHistory history = DrawHistory(seed);
    const Fault fault = TryThroughUseCases(history);
    if (!fault) continue;
    const RoomHistory shortest = Shorten(history, TryThroughUseCases);
    FAIL() << "RTCROOM_SEED=" << seed << " RTCROOM_CYCLES=1: " << *fault
           << "\nThe shortest of its kind:\n"
           << Describe(shortest) << "ends with: " << *TryThroughUseCases(shortest);
  }
}

}  // namespace
}  // namespace rtcroom
