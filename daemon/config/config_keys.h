// The tables of keys, one function per section; each appends the section's keys to `keys`.
#pragma once

#include <vector>

#include "daemon/config/config_key.h"

namespace rtcroom {

// config_keys_process.cc: the process itself.
void AddServerKeys(std::vector<ConfigKey>& keys);
void AddAdminKeys(std::vector<ConfigKey>& keys);
void AddGrpcKeys(std::vector<ConfigKey>& keys);
void AddStoreKeys(std::vector<ConfigKey>& keys);
void AddLogKeys(std::vector<ConfigKey>& keys);

// config_keys_rooms.cc: rooms and permissions.
void AddRoomKeys(std::vector<ConfigKey>& keys);
void AddAuthKeys(std::vector<ConfigKey>& keys);
void AddLivenessKeys(std::vector<ConfigKey>& keys);
void AddLimitsKeys(std::vector<ConfigKey>& keys);

// config_keys_services.cc: external services.
void AddImKeys(std::vector<ConfigKey>& keys);
void AddChannelKeys(std::vector<ConfigKey>& keys);
void AddLiveKeys(std::vector<ConfigKey>& keys);
void AddRecordingKeys(std::vector<ConfigKey>& keys);
void AddMixKeys(std::vector<ConfigKey>& keys);
void AddWebKeys(std::vector<ConfigKey>& keys);
void AddWechatKeys(std::vector<ConfigKey>& keys);
void AddTrtcKeys(std::vector<ConfigKey>& keys);
void AddUtilsKeys(std::vector<ConfigKey>& keys);

}  // namespace rtcroom
