#include "storage/shared/store_tables.h"

namespace rtcroom {
namespace {

using enum StoreColumn::Type;

// A room keeps its number: messages, recordings and events refer to it. In PostgreSQL numbers of
// rooms and of logins are positions; `lift` lifts positions above those that were given in SQLite.
constexpr StoreColumn kRooms[] = {
    {"number", kBigint, "sequence"},
    {"id", kText},
    {"kind", kSmallint},
    {"dialect", kSmallint},
    {"creator", kText},
    {"info", kBytes},
    {"mixed_play_url", kBytes},
    {"created_at_ms", kBigint},
    {"place", kBigint},
    {"type", kBytes},
    {"custom", kBytes},
    {"audience_count", kBigint},
    {"last_event", kBigint},
    {"last_position", kBigint, "iif(last_position = 0, 0, last_position + lift)"},
    {"mix_width", kInt},
    {"mix_height", kInt},
};
constexpr StoreColumn kPushers[] = {
    {"room", kBigint},
    {"seat", kBigint},
    {"user_id", kText},
    {"user_name", kBytes},
    {"user_avatar", kBytes},
    {"push_url", kBytes},
    {"accelerate_url", kBytes},
    {"added_at_ms", kBigint},
    {"mix_x", kInt},
    {"mix_y", kInt},
    {"mix_width", kInt},
    {"mix_height", kInt},
    {"mix_layer", kSmallint},
    {"mix_parts", kSmallint},
};
constexpr StoreColumn kAudiences[] = {
    {"room", kBigint},
    {"user_id", kText},
    {"user_info", kBytes},
    {"seat", kBigint},
};
// The log of SQLite has events only, removed from its old end: a position is a count, too. Sizes
// are by the formula of daemon/core/room_event.h.
constexpr StoreColumn kEvents[] = {
    {"position", kBigint, "position + lift"},
    {"tag", kBigint, "0"},
    {"type", kSmallint},
    {"room_number", kBigint},
    {"room_kind", kSmallint},
    {"room_id", kText},
    {"dialect", kSmallint},
    {"room_sequence", kBigint},
    {"at_ms", kBigint},
    {"user_id", kText},
    {"user_name", kBytes},
    {"user_avatar", kBytes},
    {"reason", kSmallint},
    {"creator", kText},
    {"info", kBytes},
    {"field", kBytes},
    {"previous", kBigint, "iif(previous = 0, 0, previous + lift)"},
    {"bytes_through", kBigint,
     "sum(64 + length(CAST(room_id AS BLOB)) + coalesce(length(CAST(user_id AS BLOB)), 0)"
     " + coalesce(length(CAST(user_name AS BLOB)), 0)"
     " + coalesce(length(CAST(user_avatar AS BLOB)), 0)"
     " + coalesce(length(CAST(creator AS BLOB)), 0) + coalesce(length(CAST(info AS BLOB)), 0)"
     " + coalesce(length(CAST(field AS BLOB)), 0))"
     " OVER (ORDER BY position ROWS UNBOUNDED PRECEDING)"},
    {"events_through", kBigint, "position"},
};
constexpr StoreColumn kBans[] = {
    {"room_kind", kSmallint},
    {"room_id", kText},
    {"user_id", kText},
    {"until_ms", kBigint},
};
constexpr StoreColumn kRevocations[] = {
    {"stream", kBytes},
    {"until_ms", kBigint},
};
constexpr StoreColumn kSessions[] = {
    {"user_id", kText},
    {"token", kBytes},
    {"number", kBigint},
    {"last_use_ms", kBigint},
};
constexpr StoreColumn kDeliveries[] = {
    {"id", kBigint},
    {"room_id", kText},
    {"kind", kSmallint},
    {"payload", kBytes},
    {"revision", kBigint},
    {"next_try_ms", kBigint},
    {"attempts", kBigint},
    {"lone_attempts", kBigint},
    {"lone_ms", kBigint},
    {"failed_at_ms", kBigint},
    {"position", kBigint, "position + lift"},
};
constexpr StoreColumn kMessages[] = {
    {"position", kBigint},
    {"room_number", kBigint},
    {"seq", kBigint},
    {"receiver", kText},
    {"sender", kText},
    {"nick", kBytes},
    {"client_seq", kBigint},
    {"client_random", kBigint},
    {"sent_at_ms", kBigint},
    {"body", kBytes, "iif(type = 0, body, '[]')"},
    {"plain_body", kBytes, "iif(type = 0, '', body)"},
    {"client_time", kBigint},
    {"custom", kBytes},
    {"priority", kSmallint},
    {"is_unguarded", kSmallint},
    {"wants_receipt", kSmallint},
    {"type", kSmallint},
    {"cmd", kBytes},
    {"avatar", kBytes},
};
constexpr StoreColumn kMessageRooms[] = {
    {"room_number", kBigint},
    {"last_seq", kBigint},
    {"ended_at_ms", kBigint},
};
constexpr StoreColumn kSettledMessages[] = {
    {"receiver", kText},
    {"position", kBigint},
};
constexpr StoreColumn kGroupJoins[] = {
    {"instance", kBigint},    {"account", kText},       {"logged_in_ms", kBigint},
    {"expires_ms", kBigint},  {"room_kind", kSmallint}, {"room_id", kText},
    {"room_number", kBigint}, {"joined_seq", kBigint},  {"serial", kBigint},
};
constexpr StoreColumn kEndedLogins[] = {
    {"account", kText},      {"instance", kBigint}, {"logged_in_ms", kBigint},
    {"expires_ms", kBigint}, {"cause", kSmallint},
};
constexpr StoreColumn kAccountValidities[] = {
    {"account", kText},
    {"valid_from", kBigint},
};
constexpr StoreColumn kAccountGroups[] = {
    {"account", kText},       {"instance", kBigint},   {"room_number", kBigint},
    {"room_kind", kSmallint}, {"room_id", kText},      {"joined_at_ms", kBigint},
    {"expires_ms", kBigint},  {"joined_seq", kBigint}, {"received", kBigint},
    {"read", kBigint},
};
constexpr StoreColumn kReadPositions[] = {
    {"reader", kText},
    {"peer", kText},
    {"until_ms", kBigint},
};
constexpr StoreColumn kRecordings[] = {
    {"id", kBigint},          {"file", kBytes},   {"stream", kBytes},
    {"room_kind", kSmallint}, {"room_id", kText}, {"room_number", kBigint},
    {"user_id", kText},       {"bytes", kBigint}, {"started_at_ms", kBigint},
    {"ended_at_ms", kBigint},
};

constexpr StoreTable kTables[] = {
    {"rooms", kRooms},
    {"pushers", kPushers},
    {"audiences", kAudiences},
    {"events", kEvents},
    {"bans", kBans},
    {"revocations", kRevocations},
    {"sessions", kSessions},
    {"deliveries", kDeliveries},
    {"messages", kMessages},
    {"message_rooms", kMessageRooms},
    {"settled_messages", kSettledMessages},
    {"group_joins", kGroupJoins},
    {"ended_logins", kEndedLogins},
    {"account_validities", kAccountValidities},
    {"account_groups", kAccountGroups},
    {"read_positions", kReadPositions},
    {"recordings", kRecordings},
};

}  // namespace

std::span<const StoreTable> StoreTables() { return kTables; }

}  // namespace rtcroom
