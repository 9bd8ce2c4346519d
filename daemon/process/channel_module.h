// The message channel of one life of the server.
#pragma once

#include "daemon/admin/channel_metrics.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/channel_feed.h"
#include "daemon/config/config.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"

namespace rtcroom {

/// All of it outlives the module.
struct ChannelModuleDeps {
  StoreModule& store;  ///< open
  Runtime& runtime;
};

/// @threads for one thread, except for the channel.
class ChannelModule {
 public:
  /// @param key  from `MakeChannelKey`.
  ChannelModule(const ChannelConfig& config, Secret key, const ChannelModuleDeps& deps);

  /// Finds the logins in groups again, and begins to follow the store. Call it before any request.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start();
  /// Answers the waiting polls, and later ones at once.
  void AnswerPolls() { channel_.AnswerAll(); }
  /// The store is not read afterwards.
  void Stop();

  [[nodiscard]] ChannelStats ReadStats() const;
  [[nodiscard]] Channel& channel() { return channel_; }

 private:
  Channel channel_;
  ChannelFeed feed_;
};

/// The key of the channel's tokens: derived from that of the IM application, so that every node of
/// the same configuration has the same.
/// @errors kUnavailable when the file of the private key cannot be read.
Result<Secret> MakeChannelKey(const ImConfig& im);

}  // namespace rtcroom
