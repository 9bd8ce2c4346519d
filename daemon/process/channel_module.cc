#include "daemon/process/channel_module.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/atomic_file.h"
#include "daemon/base/digest.h"
#include "handlers/rooms/room_json.h"

namespace rtcroom {
namespace {

/// Keeps the key apart from all others that are derived from the same one.
constexpr std::string_view kPurpose = "rtcroomd: tokens of the message channel";

/// A commit takes the messages of all of them.
constexpr std::size_t kWorkers = 16;
constexpr std::size_t kMaxWaiting = 4096;
constexpr std::chrono::milliseconds kSavePeriod{100};

/// How many messages an account may send at once, in seconds of its rate.
constexpr std::uint32_t kAccountBurst = 4;

ChannelOptions MakeOptions(const ChannelConfig& config, const MemoryTotal& held) {
  const std::uint32_t account = config.account_rate.per_second;
  const std::uint32_t group = config.group_rate.per_second;
  return {.hold = config.hold,
          .access = config.join,
          .max_instances = config.max_instances,
          .account_rate = {.per_second = account, .burst = kAccountBurst * account},
          .group_rate = {.per_second = group, .burst = 2 * group},
          // Shares of a smaller log would be too small for honest clients.
          .log = {.bytes = std::max<std::uint64_t>(config.max_message_bytes, LogBounds().bytes),
                  .messages = std::max<std::uint64_t>(config.max_messages, LogBounds().messages)},
          .max_held_bytes = held.most / 4};
}

RoomListForm ListForm(const RoomPolicy& policy) {
  return {.interop = policy.interop,
          .write = [limits = policy.limits](const Room& room, RoomReach reach) {
            return ListedRoom(room, reach, limits);
          }};
}

/// Servers of the version before hand on what is stored as it is.
std::function<bool()> MayStorePlain(StoreModule& store) {
  if (!store.IsShared()) return nullptr;
  return [&node = store.lease()] { return node.AllKnowPlainMessages(); };
}

}  // namespace

ChannelModule::ChannelModule(const ChannelConfig& config, Secret key, const ChannelModuleDeps& deps)
    : contacts_(
          config.direct == DirectAccess::kShared
              ? std::make_unique<DirectContacts>(deps.store.storage().rooms(), deps.runtime.clock)
              : nullptr),
      options_(MakeOptions(config, deps.held)),
      receivers_(PushReceivers::Deps{.rooms = deps.store.storage().rooms(),
                                     .bans = deps.store.state().bans,
                                     .clock = deps.runtime.clock,
                                     .observer = &deps.observer,
                                     .contacts = contacts_.get(),
                                     .held = &deps.held,
                                     .list = ListForm(deps.policy),
                                     .others = deps.store.storage().notices(),
                                     .node = deps.store.IsShared() ? &deps.store.lease() : nullptr,
                                     .viewers = &deps.store.state().viewers},
                 options_.delivery_rate),
      calls_(deps.runtime.clock),
      channel_(ChannelDeps{.rooms = deps.store.storage().rooms(),
                           .events = deps.store.storage().rooms(),
                           .messages = deps.store.storage().messages(),
                           .accounts = deps.store.storage().accounts(),
                           .end_store = deps.store.storage().ended_logins(),
                           .ends = deps.store.state().ended_logins,
                           .validities = deps.store.state().validities,
                           .bans = deps.store.state().bans,
                           .clock = deps.runtime.clock,
                           .dates = deps.store.dates(),
                           .removal = deps.store.removal(),
                           .random = deps.runtime.random,
                           .logger = deps.runtime.logger,
                           .observer = &deps.observer,
                           .contacts = contacts_.get(),
                           .logins = deps.store.storage().account_logins(),
                           .node = deps.store.IsShared() ? &deps.store.lease() : nullptr,
                           .held = &deps.held,
                           .may_store_plain = MayStorePlain(deps.store),
                           .reads_json_only =
                               [this](const UserId& account) {
                                 return clients_.ReadsJsonOnly(account);
                               }},
               ChannelTokens(std::move(key)), options_),
      clients_(channel_, receivers_, calls_),
      former_(deps.store.storage().rooms(), receivers_),
      workers_(kWorkers, kMaxWaiting),
      feed_(ChannelFeed::Deps{.logins = deps.store.state().channel_logins,
                              .signal = deps.store.state().channel_commits,
                              .channel = channel_,
                              .receivers = receivers_,
                              .former = config.join == GroupAccess::kMembers ? &former_ : nullptr,
                              .tick = [this] { clients_.OnTick(); }}),
      logger_(deps.runtime.logger) {}

Status ChannelModule::Start(TimePoint removal) {
  if (const Status restored = clients_.Restore(removal); !restored) return restored;
  if (const Status started = feed_.Start(); !started) return started;
  saving_.emplace(kSavePeriod, [this](const std::stop_token&) { Save(); }, logger_);
  return {};
}

void ChannelModule::Stop() {
  feed_.Stop();
  receivers_.notices().Stop();
  workers_.Stop();
  saving_.reset();
  Save();
}

void ChannelModule::Save() {
  channel_.Save();
  clients_.Save();
}

ChannelStats ChannelModule::ReadStats() {
  const PushCounts& pushed = receivers_.counts();
  ChannelStats stats{.sizes = channel_.sizes(),
                     .received = {.kicked = channel_.kicked()},
                     .sent = channel_.messages().counts(),
                     .sockets = pushed.sockets,
                     .slow_readers = pushed.slow_readers};
  clients_.AddTo(stats.sizes, stats.received);
  stats.received.deliveries.at(static_cast<std::size_t>(DeliveryPath::kSocket)) = pushed.pushes;
  return stats;
}

Result<Secret> MakeChannelKey(const ImConfig& im) {
  if (!im.secret_key.empty()) return Secret(HmacSha256(im.secret_key, kPurpose));
  Result<std::string> private_key = ReadSmallFile(im.private_key_file);
  if (!private_key) return private_key.error();
  return Secret(HmacSha256(Secret(*std::move(private_key)), kPurpose));
}

}  // namespace rtcroom
