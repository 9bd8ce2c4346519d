#include "daemon/config/config_key.h"

#include <fmt/format.h>

#include "daemon/config/config_keys.h"

namespace rtcroom {

std::string ConfigKey::FullName() const { return fmt::format("{}.{}", section, name); }

std::string ConfigKey::VariableName() const {
  std::string variable = fmt::format("RTCROOMD_{}_{}", section, name);
  for (char& c : variable) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return variable;
}

std::vector<ConfigKey> AllConfigKeys() {
  std::vector<ConfigKey> keys;
  AddServerKeys(keys);
  AddAdminKeys(keys);
  AddGrpcKeys(keys);
  AddStoreKeys(keys);
  AddRoomKeys(keys);
  AddAuthKeys(keys);
  AddImKeys(keys);
  AddChannelKeys(keys);
  AddLiveKeys(keys);
  AddLivenessKeys(keys);
  AddRecordingKeys(keys);
  AddMixKeys(keys);
  AddWebKeys(keys);
  AddWechatKeys(keys);
  AddTrtcKeys(keys);
  AddLimitsKeys(keys);
  AddLogKeys(keys);
  AddUtilsKeys(keys);
  return keys;
}

}  // namespace rtcroom
