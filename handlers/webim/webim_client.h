// The login of an IM SDK of 2018, as a receiver of pushes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/mutex.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/push_receiver.h"
#include "daemon/channel/push_receivers.h"

namespace rtcroom {

class WebimClients;

/// Hands on to `WebimClients`, which has all that the login is to receive.
///
/// Owned by the login there, and by `PushReceivers`.
///
/// @threads safe from any thread.
class WebimClient : public PushReceiver, public std::enable_shared_from_this<WebimClient> {
 public:
  /// @param clients  outlives this object.
  WebimClient(WebimClients& clients, ChannelInstance login)
      : clients_(clients), login_(std::move(login)) {}

  [[nodiscard]] const ChannelInstance& login() const { return login_; }
  /// Makes it a receiver of what its login is to receive now.
  /// @return the number of the room that it is subscribed to; 0: none.
  std::uint64_t Follow(PushReceivers& receivers) EXCLUDES(moves_);

  void OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) override;
  void OnDirect(const StoredMessage& message) override;
  void OnEventsLost() override;
  void OnBans() override;
  void OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) override;
  [[nodiscard]] const UserId& user_id() const override { return login_.account; }
  [[nodiscard]] bool IsOf2018() const override { return true; }
  [[nodiscard]] bool IsPresent() const override;

 private:
  WebimClients& clients_;
  const ChannelInstance login_;

  Mutex moves_;  ///< held while `PushReceivers` is called, so that the newest place is the last one
  bool is_listening_ GUARDED_BY(moves_) = false;
  std::uint64_t room_number_ GUARDED_BY(moves_) = 0;  ///< of its subscription; 0: none
};

}  // namespace rtcroom
