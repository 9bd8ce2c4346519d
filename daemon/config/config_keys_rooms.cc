#include <chrono>

#include "daemon/config/config_keys.h"

namespace rtcroom {

// NOLINTNEXTLINE(google-build-using-namespace): the literals of durations
using namespace std::chrono_literals;

void AddRoomKeys(std::vector<ConfigKey>& keys) {
  using S = RoomConfig;
  // A client draws a view for each pusher, and every join makes all others fetch the list: 64 is
  // far more than phones handle, and still bounds the cost of one room.
  const CountRule pushers = {1, 64};
  SectionKeys<&Config::room> room("room", keys);
  room.Add<&S::heartbeat_timeout>("heartbeat_timeout", DurationRule{10ms, 1h},
                                  "A pusher that is silent for longer is evicted.");
  room.Add<&S::sweep_period>("sweep_period", DurationRule{10ms, 1h},
                             "How often silent pushers are looked for.");
  room.Add<&S::inactive_ttl>("inactive_ttl", DurationRule{10ms, 24h},
                             "A room that no pusher has joined ends after this.");
  room.Add<&S::max_pushers_double>("max_pushers_double", pushers,
                                   "Pushers of a double room; the protocol's own number is 2.");
  room.Add<&S::max_pushers_multi>("max_pushers_multi", pushers, "Pushers of a multi room.");
  room.Add<&S::max_pushers_live>("max_pushers_live", pushers, "Pushers of a live room.");
  room.Add<&S::max_audiences>("max_audiences", CountRule{0, 100'000},
                              "Registered viewers of a live room.");
  room.Add<&S::audience_timeout>(
      "audience_timeout", DurationRule{0s, 1h},
      "A viewer without a sign for longer is removed, with the message channel; 0s = none is.");
  room.Add<&S::audience_ttl>(
      "audience_ttl", DurationRule{1s, 168h},
      "The same without the channel and callbacks of the IM service; so long a viewer that was "
      "removed may return.");
  room.Add<&S::max_rooms>("max_rooms", CountRule{1, 100'000'000}, "Rooms of all kinds together.");
  room.Add<&S::creator_destroys_double>(
      "creator_destroys_double", SwitchRule{},
      "A gen-2 double room ends when its creator leaves; a gen-1 room always does.");
  room.Add<&S::creator_destroys_multi>("creator_destroys_multi", SwitchRule{},
                                       "The same for multi rooms.");
}

void AddAuthKeys(std::vector<ConfigKey>& keys) {
  using S = AuthConfig;
  SectionKeys<&Config::auth> auth("auth", keys);
  auth.Add<&S::mode>(
      "mode", ChoiceRule{{"mixed", "token", "open"}},
      "mixed: gen-1 is served without a token; token: it is refused; open: no token is"
      " checked, for development.");
  auth.Add<&S::interop>("interop", ChoiceRule{{"isolated", "shared"}},
                        "isolated: no dialect sees the other's rooms.");
  auth.Add<&S::token_ttl>("token_ttl", DurationRule{1s, 8760h},
                          "Life of a gen-2 token after its last use.");
  auth.Add<&S::trust_imuserid>("trust_imuserid", SwitchRule{},
                               "get_im_login_info signs for the imuserid that the caller names.");
  auth.Add<&S::trust_userid>("trust_userid", SwitchRule{},
                             "get_login_info signs for the userID that the caller names.");
  auth.Add<&S::gen1_login>("gen1_login", SwitchRule{}, "Serves the gen-1 form of login.");
  auth.Add<&S::gen1_bind>("gen1_bind", SwitchRule{},
                          "Ties a gen-1 pusher to the address that added it.");
  auth.Add<&S::deny_user_ids>("deny_user_ids", ListRule{CheckUserId},
                              "Users never signed for, besides im.admin.");
  auth.Add<&S::max_tokens>("max_tokens", CountRule{1, 100'000'000},
                           "Most gen-2 tokens kept; the one used longest ago makes room.");
}

void AddLivenessKeys(std::vector<ConfigKey>& keys) {
  using S = LivenessConfig;
  SectionKeys<&Config::liveness> liveness("liveness", keys);
  liveness.Add<&S::policy>(
      "policy", ChoiceRule{{"assist", "heartbeat", "stream"}},
      "What evicts a pusher: silence while its stream is off, silence, or its stream alone.");
  liveness.Add<&S::grace>("grace", DurationRule{10ms, 1h},
                          "How long a stream may be off before that counts.");
  liveness.Add<&S::evict_on_media_off>("evict_on_media_off", SwitchRule{},
                                       "A stream that is off evicts despite heartbeats.");
}

void AddLimitsKeys(std::vector<ConfigKey>& keys) {
  using S = LimitsConfig;
  const CountRule burst = {1, 1'000'000};
  SectionKeys<&Config::limits> limits("limits", keys);
  limits.Add<&S::per_address_rate>(
      "per_address_rate", RateRule{},
      "Requests of one address, or of one /64 of IPv6; what is longer than 16 KiB counts as "
      "several; heartbeats and leaves are not counted.");
  limits.Add<&S::per_address_burst>("per_address_burst", burst, "How many of them at once.");
  limits.Add<&S::per_user_rate>("per_user_rate", RateRule{}, "The same for one user.");
  limits.Add<&S::per_user_burst>("per_user_burst", burst, "How many of them at once.");
  limits.Add<&S::pushers_rate>("pushers_rate", RateRule{},
                               "get_pushers of one connection; faster ones wait.");
  limits.Add<&S::rooms_per_address>(
      "rooms_per_address", CountRule{0, 1'000'000'000},
      "Most seats in rooms that callers of one address, or of one /64 of IPv6, hold at once; "
      "0 = off. Name a proxy in server.trusted_proxies, or all its clients are one address.");
  limits.Add<&S::rooms_per_user>("rooms_per_user", CountRule{0, 1'000'000'000},
                                 "The same for one user who has logged in; 0 = off.");
  limits.Add<&S::signing_rate>(
      "signing_rate", RateRule{.hourly = true},
      "Tickets of one address for fresh users, without any proof; 100 at once.");
}

}  // namespace rtcroom
