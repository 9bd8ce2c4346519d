// The clients' API of one life of the server: rooms, the endpoints above them, and the commands of
// the message channel.
#pragma once

#include <memory>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/room_service.h"
#include "daemon/media/local_mixer.h"
#include "daemon/process/auth_module.h"
#include "daemon/process/channel_module.h"
#include "daemon/process/cloud_module.h"
#include "daemon/process/im_module.h"
#include "daemon/process/media_module.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "daemon/process/utils_module.h"
#include "daemon/process/web_module.h"
#include "handlers/channel/channel_router.h"
#include "handlers/demo_pages.h"
#include "handlers/front.h"
#include "handlers/rooms/router.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/shared/request_recorder.h"
#include "handlers/shared/second_looks.h"
#include "handlers/tim/tim_router.h"
#include "handlers/web/web_router.h"
#include "handlers/webim/webim_router.h"
#include "handlers/welcome_page.h"

namespace rtcroom {

/// The limits and rights of rooms, as the configuration sets them.
RoomPolicy MakeRoomPolicy(const Config& config);

/// All of it outlives the module.
struct ApiModuleDeps {
  StoreModule& store;  ///< open
  AuthModule& auth;
  ImModule* im = nullptr;            ///< null without `im.enabled`
  ChannelModule* channel = nullptr;  ///< null without `channel.enabled`
  MediaModule* media = nullptr;      ///< null without a media server
  CloudModule* cloud = nullptr;      ///< null without a cloud
  StreamMixer* mixer = nullptr;      ///< null without a mixing service
  WebModule* web = nullptr;          ///< null unless browsers are served
  bool demo = false;                 ///< whether the example page is served
  RequestObserver& observer;
  Runtime& runtime;
};

/// @threads for one thread, except for what it gives out.
class ApiModule {
 public:
  ApiModule(const Config& config, const ApiModuleDeps& deps);

  void SetUtilsToken(const Secret& token) { utils_.SetAdminToken(token); }

  [[nodiscard]] RoomService& rooms() { return rooms_; }
  [[nodiscard]] RequestIds& request_ids() { return request_ids_; }
  [[nodiscard]] HttpHandler& handler() { return front_; }
  [[nodiscard]] const std::vector<RequestHandler*>& callbacks() const { return callbacks_; }

 private:
  RoomService rooms_;
  const std::unique_ptr<LocalMixer> local_mixer_;  ///< null without `mix.max`
  UtilsModule utils_;
  RequestIds request_ids_;
  const std::unique_ptr<SecondLooks> looks_;
  RequestRecorder recorder_;
  const Cors cors_;
  const PipelineDeps pipeline_;
  Router router_;
  const std::unique_ptr<WebimRouter> webim_;      ///< null without a channel
  const std::unique_ptr<ChannelRouter> channel_;  ///< likewise
  const std::unique_ptr<tim::TimRouter> tim_;     ///< null without `channel.sdks`
  const std::unique_ptr<WebRouter> web_;          ///< null without sessions of browsers
  const std::vector<RequestHandler*> callbacks_;
  WelcomePage welcome_;
  const std::unique_ptr<DemoPages> demo_;  ///< null unless it is served
  Front front_;
};

}  // namespace rtcroom
