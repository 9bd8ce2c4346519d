// The message channel of one life of the server.
#pragma once

#include <memory>
#include <optional>

#include "daemon/admin/channel_metrics.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/periodic_task.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/base/thread_pool.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/channel_feed.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/former_members.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/config/config.h"
#include "daemon/core/room_policy.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "handlers/webim/webim_clients.h"

namespace rtcroom {

/// All of it outlives the module.
struct ChannelModuleDeps {
  StoreModule& store;  ///< open
  DeliveryObserver& observer;
  MemoryTotal& held;  ///< for clients; the channel holds at most a quarter of it for their accounts
  RoomPolicy policy{};
  Runtime& runtime;
};

/// @threads for one thread, except for the channel.
class ChannelModule {
 public:
  /// @param key  from `MakeChannelKey`.
  ChannelModule(const ChannelConfig& config, Secret key, const ChannelModuleDeps& deps);

  /// Finds the logins in groups again, and begins to follow the store. Call it before any request.
  /// @errors kStoreBusy; kStoreBroken.
  /// @param removal  time of the `RemovalClock`.
  Status Start(TimePoint removal);
  /// Answers the waiting polls, and later ones at once.
  void AnswerPolls() {
    calls_.Stop();
    receivers_.Stop();
  }
  /// The store is not used afterwards, nor is any stream. Call it before the threads of the
  /// listeners end.
  void Stop();

  [[nodiscard]] ChannelStats ReadStats();
  [[nodiscard]] Channel& channel() { return channel_; }
  [[nodiscard]] PushReceivers& receivers() { return receivers_; }
  [[nodiscard]] WebimClients& clients() { return clients_; }
  [[nodiscard]] PendingCalls& calls() { return calls_; }
  [[nodiscard]] ThreadPool& workers() { return workers_; }

 private:
  void Save();

  /// Null: any account may be sent messages.
  const std::unique_ptr<DirectContacts> contacts_;
  const ChannelOptions options_;
  PushReceivers receivers_;
  PendingCalls calls_;
  Channel channel_;
  WebimClients clients_;
  FormerMembers former_;
  ThreadPool workers_;  ///< threads of sockets
  ChannelFeed feed_;
  Logger& logger_;
  std::optional<PeriodicTask> saving_;  ///< apart from the feed, which no commit is to hold up
};

/// The key of the channel's tokens: derived from that of the IM application, so that every node of
/// the same configuration has the same.
/// @errors kUnavailable when the file of the private key cannot be read.
Result<Secret> MakeChannelKey(const ImConfig& im);

}  // namespace rtcroom
