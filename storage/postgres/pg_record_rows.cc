#include "storage/postgres/pg_record_rows.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "storage/postgres/pg_notice_text.h"

namespace rtcroom::pg {
namespace {

// Types of records other than events. The numbers are stored: never reuse one.
constexpr std::int64_t kLogin = 101;
constexpr std::int64_t kBan = 102;
constexpr std::int64_t kLogout = 103;
constexpr std::int64_t kRevocation = 104;
constexpr std::int64_t kMix = 105;
constexpr std::int64_t kAccountLogin = 106;
constexpr std::int64_t kAccountLogout = 107;
constexpr std::int64_t kWritten = 108;
// Programs of earlier versions pass over those from here on.
constexpr std::int64_t kEndedLogin = 111;
constexpr std::int64_t kAccountValidity = 112;
// 113 was a notice in the JSON of SDKs, which no program writes or reads any more.
constexpr std::int64_t kNotice = 114;

/// `Pusher::bound_to` in the payloads that have it; null in others. Kept in the column of fields,
/// which those do not have otherwise.
template <typename Payload>
auto BoundToOf(Payload& payload) -> decltype(&std::get<PusherAdded>(payload).bound_to) {
  if (auto* const added = std::get_if<PusherAdded>(&payload)) return &added->bound_to;
  if (auto* const updated = std::get_if<PusherUpdated>(&payload)) return &updated->bound_to;
  return nullptr;
}

/// A mix as it is kept: the size of the picture, and a line for each input. No ID has a space.
std::string EncodeMix(const RoomMix& mix) {
  std::string text = fmt::format("{} {}", mix.canvas.width, mix.canvas.height);
  for (const auto& [user_id, place] : mix.inputs) {
    text += fmt::format("\n{} {} {} {} {} {} {} {}", user_id.value, place.x, place.y, place.width,
                        place.height, place.layer, int{place.has_video}, int{place.has_audio});
  }
  return text;
}

RoomMix DecodeMix(const std::string& text) {
  std::istringstream words(text);
  RoomMix mix;
  words >> mix.canvas.width >> mix.canvas.height;
  RoomMix::Input input;
  unsigned layer = 0;
  MixPlace& place = input.place;
  while (words >> input.user_id.value >> place.x >> place.y >> place.width >> place.height >>
         layer >> place.has_video >> place.has_audio) {
    place.layer = static_cast<std::uint8_t>(layer);
    mix.inputs.push_back(input);
  }
  return mix;
}

AccountLogin DecodeAccountLogin(PgRows& rows, bool has_ended) {
  AccountLogin login{.account = {rows.Text(EventColumn::kUserId)},
                     .logged_in = rows.Time(EventColumn::kRoomSequence),
                     .has_ended = has_ended};
  TimePoint::rep expires = 0;
  std::istringstream(rows.Text(EventColumn::kInfo)) >> login.instance >> expires;
  login.expires = TimePoint(TimePoint::duration(expires));
  return login;
}

EndedLogin DecodeEndedLogin(PgRows& rows) {
  EndedLogin login{.account = {rows.Text(EventColumn::kUserId)},
                   .logged_in = rows.Time(EventColumn::kRoomSequence)};
  TimePoint::rep expires = 0;
  int end = 0;
  std::istringstream(rows.Text(EventColumn::kInfo)) >> login.instance >> expires >> end;
  login.expires = TimePoint(TimePoint::duration(expires));
  login.end = static_cast<LoginEnd>(end);
  return login;
}

/// The columns of the records, for `kInsertRecords`.
struct RecordArrays {
  PgArray<std::optional<RoomKind>> room_kinds;
  PgArray<std::optional<std::string_view>> room_ids;
  PgArray<std::optional<Dialect>> dialects;
  PgArray<std::optional<std::uint64_t>> room_sequences;
  PgArray<TimePoint> at;
  PgArray<std::int16_t> types;
  PgArray<std::optional<std::string_view>> user_ids;
  PgArray<std::optional<std::span<const std::byte>>> user_names;
  PgArray<std::optional<std::span<const std::byte>>> user_avatars;
  PgArray<std::optional<std::int16_t>> reasons;
  PgArray<std::optional<std::string_view>> creators;
  PgArray<std::optional<std::span<const std::byte>>> infos;
  PgArray<std::optional<std::uint64_t>> room_numbers;
  PgArray<std::optional<std::span<const std::byte>>> fields;
  PgArray<std::uint64_t> previous;
  PgArray<std::uint64_t> bytes_through;
  PgArray<std::uint64_t> places;
  PgArray<std::span<const std::byte>> room_types;
  PgArray<std::uint64_t> events_through;
};

std::optional<std::span<const std::byte>> Bytes(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return PgBytes(*text);
}

/// Adds the columns of a payload, of which most are filled by events only.
void AddPayload(const PayloadColumns& columns, RecordArrays& arrays) {
  arrays.user_ids.Add(columns.user_id);
  arrays.user_names.Add(Bytes(columns.user_name));
  arrays.user_avatars.Add(Bytes(columns.user_avatar));
  arrays.reasons.Add(columns.reason ? std::optional(static_cast<std::int16_t>(*columns.reason))
                                    : std::nullopt);
  arrays.creators.Add(columns.creator);
  arrays.infos.Add(Bytes(columns.info));
  arrays.fields.Add(Bytes(columns.field));
}

/// Each adds one row to the arrays that `AddPayload` does not fill, and returns its size.
struct AddWhat {
  RecordArrays& arrays;
  TimePoint at{};  ///< time of those that have none of their own

  std::uint64_t operator()(const StoredEvent& stored) const {
    const RoomEvent& event = stored.event;
    PayloadColumns columns = std::visit(ToColumns{}, event.payload);
    const std::string* const bound_to = BoundToOf(event.payload);
    if (bound_to != nullptr && !bound_to->empty()) columns.field = *bound_to;
    AddRoom(event.room, stored.room_number);
    arrays.dialects.Add(event.dialect);
    arrays.room_sequences.Add(event.room_sequence);
    arrays.at.Add(event.at);
    AddPayload(columns, arrays);
    return StoredBytes(event) + (bound_to == nullptr ? 0 : bound_to->size());
  }
  std::uint64_t operator()(const MixChanged& changed) const {
    const std::string mix = EncodeMix(changed.mix);
    AddRoom(changed.room, changed.room_number);
    arrays.dialects.Add(std::nullopt);
    arrays.room_sequences.Add(std::nullopt);
    arrays.at.Add(at);
    AddPayload({.info = mix}, arrays);
    return kFixedEventBytes + changed.room.id.value.size() + mix.size();
  }
  std::uint64_t operator()(const Revocation& revocation) const {
    AddNoRoom();
    AddTime(revocation.until);
    AddPayload({.info = revocation.stream}, arrays);
    return kFixedEventBytes + revocation.stream.size();
  }
  std::uint64_t operator()(const SessionChange& change) const {
    const Session& session = change.session;
    AddNoRoom();
    // A login has the number of its record.
    if (change.has_ended) {
      arrays.room_sequences.Add(session.number);
    } else {
      arrays.room_sequences.Add(ToMilliseconds(session.last_use));
    }
    arrays.at.Add(at);
    const std::string_view user = session.user_id.value;
    if (change.has_ended) {
      AddPayload({.user_id = user}, arrays);
      return kFixedEventBytes + user.size();
    }
    AddPayload({.user_id = user, .info = TextOf(session.token)}, arrays);
    return kFixedEventBytes + user.size() + session.token.size();
  }
  std::uint64_t operator()(const Ban& ban) const {
    AddRoom(ban.room, std::nullopt);
    arrays.dialects.Add(std::nullopt);
    AddTime(ban.until);
    AddPayload({.user_id = ban.user_id.value}, arrays);
    return kFixedEventBytes + ban.room.id.value.size() + ban.user_id.value.size();
  }

  std::uint64_t operator()(const AccountLogin& login) const {
    const std::string text =
        fmt::format("{} {}", login.instance, login.expires.time_since_epoch().count());
    AddNoRoom();
    AddTime(login.logged_in);
    AddPayload({.user_id = login.account.value, .info = text}, arrays);
    return kFixedEventBytes + login.account.value.size() + text.size();
  }
  std::uint64_t operator()(const EndedLogin& login) const {
    const std::string text =
        fmt::format("{} {} {}", login.instance, login.expires.time_since_epoch().count(),
                    static_cast<int>(login.end));
    AddNoRoom();
    AddTime(login.logged_in);
    AddPayload({.user_id = login.account.value, .info = text}, arrays);
    return kFixedEventBytes + login.account.value.size() + text.size();
  }
  std::uint64_t operator()(const AccountValidity& validity) const {
    AddNoRoom();
    AddTime(validity.valid_from);
    AddPayload({.user_id = validity.account.value}, arrays);
    return kFixedEventBytes + validity.account.value.size();
  }
  std::uint64_t operator()(const PushNotice& notice) const {
    AddNoRoom();
    arrays.room_sequences.Add(notice.room_number);
    arrays.at.Add(at);
    const std::string text = EncodeNotice(notice.fact);
    AddPayload({.user_id = notice.user_id.value, .info = text}, arrays);
    return kFixedEventBytes + notice.user_id.value.size() + text.size();
  }
  std::uint64_t operator()(const PgWritten& /*nothing*/) const {
    AddNoRoom();
    arrays.room_sequences.Add(std::nullopt);
    arrays.at.Add(at);
    AddPayload({}, arrays);
    return kFixedEventBytes;
  }

 private:
  static std::string_view TextOf(const TokenDigest& token) {
    return {reinterpret_cast<const char*>(token.data()), token.size()};
  }
  static std::uint64_t ToMilliseconds(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
  }
  void AddNoRoom() const {
    arrays.room_kinds.Add(std::nullopt);
    arrays.room_ids.Add(std::nullopt);
    arrays.room_numbers.Add(std::nullopt);
    arrays.dialects.Add(std::nullopt);
  }
  /// A time in the record; the record itself is removed by its age.
  void AddTime(TimePoint time) const {
    arrays.room_sequences.Add(ToMilliseconds(time));
    arrays.at.Add(at);
  }
  void AddRoom(const RoomKey& room, std::optional<std::uint64_t> number) const {
    arrays.room_kinds.Add(room.kind);
    arrays.room_ids.Add(std::string_view(room.id.value));
    arrays.room_numbers.Add(number);
  }
};

}  // namespace

std::int64_t RecordType::operator()(const RoomEvent& event) const {
  return static_cast<std::int64_t>(std::visit(ToColumns{}, event.payload).type);
}
std::int64_t RecordType::operator()(const MixChanged& /*changed*/) const { return kMix; }
std::int64_t RecordType::operator()(const Revocation& /*revocation*/) const { return kRevocation; }
std::int64_t RecordType::operator()(const Ban& /*ban*/) const { return kBan; }
std::int64_t RecordType::operator()(const SessionChange& change) const {
  return change.has_ended ? kLogout : kLogin;
}
std::int64_t RecordType::operator()(const AccountLogin& login) const {
  return login.has_ended ? kAccountLogout : kAccountLogin;
}
std::int64_t RecordType::operator()(const EndedLogin& /*login*/) const { return kEndedLogin; }
std::int64_t RecordType::operator()(const AccountValidity& /*validity*/) const {
  return kAccountValidity;
}
std::int64_t RecordType::operator()(const PushNotice& /*notice*/) const { return kNotice; }
std::int64_t RecordType::operator()(const PgWritten& /*nothing*/) const { return kWritten; }

Result<StoredEvent> ReadEvent(PgRows& rows) {
  StoredEvent stored{
      .position = rows.Unsigned(EventColumn::kPosition),
      .room_number = rows.Unsigned(EventColumn::kRoomNumber),
      .event = {.room = {.kind = static_cast<RoomKind>(rows.Integer(EventColumn::kRoomKind)),
                         .id = {rows.Text(EventColumn::kRoomId)}},
                .dialect = static_cast<Dialect>(rows.Integer(EventColumn::kDialect)),
                .room_sequence = rows.Unsigned(EventColumn::kRoomSequence),
                .at = rows.Time(EventColumn::kAt),
                .payload = {}},
  };
  const std::int64_t type = rows.Integer(EventColumn::kType);
  const std::int64_t reason =
      rows.IsNull(EventColumn::kReason) ? 0 : rows.Integer(EventColumn::kReason);
  std::optional<EventPayload> payload = PayloadOf(type, reason, [&](PayloadText text) {
    const int column = ColumnOf(text);
    return rows.IsNull(column) ? std::string() : rows.Text(column);
  });
  if (!payload) {
    return Error{Errc::kStoreBroken,
                 fmt::format("event {} has the unknown type {}", stored.position, type)};
  }
  if (std::string* const bound_to = BoundToOf(*payload); bound_to != nullptr) {
    if (!rows.IsNull(EventColumn::kField)) *bound_to = rows.Text(EventColumn::kField);
  }
  stored.event.payload = *std::move(payload);
  return stored;
}

Result<std::optional<PgRecord>> ReadRecord(PgRows& rows) {
  PgRecord record{.position = rows.Unsigned(EventColumn::kPosition)};
  const auto room = [&rows] {
    return RoomKey{.kind = static_cast<RoomKind>(rows.Integer(EventColumn::kRoomKind)),
                   .id = {rows.Text(EventColumn::kRoomId)}};
  };
  const std::int64_t type = rows.Integer(EventColumn::kType);
  if (IsEventType(type)) {
    Result<StoredEvent> event = ReadEvent(rows);
    if (!event) return event.error();
    record.what = *std::move(event);
    record.place = rows.Unsigned(RecordColumn::kPlace);
    record.type = rows.Text(RecordColumn::kRoomType);
  } else if (type == kMix) {
    record.what = MixChanged{.after = record.position - 1,
                             .room = room(),
                             .room_number = rows.Unsigned(EventColumn::kRoomNumber),
                             .mix = DecodeMix(rows.Text(EventColumn::kInfo))};
  } else if (type == kRevocation) {
    record.what = Revocation{.stream = rows.Text(EventColumn::kInfo),
                             .until = rows.Time(EventColumn::kRoomSequence)};
  } else if (type == kBan) {
    record.what = Ban{.room = room(),
                      .user_id = {rows.Text(EventColumn::kUserId)},
                      .until = rows.Time(EventColumn::kRoomSequence)};
  } else if (type == kAccountLogin || type == kAccountLogout) {
    record.what = DecodeAccountLogin(rows, type == kAccountLogout);
  } else if (type == kEndedLogin) {
    record.what = DecodeEndedLogin(rows);
  } else if (type == kAccountValidity) {
    const TimePoint valid_from = rows.Time(EventColumn::kRoomSequence);
    record.what =
        AccountValidity{.account = {rows.Text(EventColumn::kUserId)},
                        .valid_from = std::chrono::floor<std::chrono::seconds>(valid_from)};
  } else if (type == kNotice) {
    std::optional<NoticeFact> fact = DecodeNotice(rows.Text(EventColumn::kInfo));
    if (!fact) return std::optional<PgRecord>();
    record.what = PushNotice{.room_number = rows.Unsigned(EventColumn::kRoomSequence),
                             .user_id = {rows.Text(EventColumn::kUserId)},
                             .fact = *std::move(fact)};
  } else if (type == kWritten) {
    record.what = PgWritten{};
  } else if (type == kLogin || type == kLogout) {
    SessionChange change{.session = {.user_id = {rows.Text(EventColumn::kUserId)}, .token = {}},
                         .has_ended = type == kLogout};
    Session& session = change.session;
    if (change.has_ended) {
      session.number = rows.Unsigned(EventColumn::kRoomSequence);
    } else {
      const std::span<const std::byte> token = rows.Bytes(EventColumn::kInfo);
      if (token.size() != session.token.size()) {
        return Error{Errc::kStoreBroken, "a login without the SHA-256 of its token"};
      }
      std::ranges::copy(token, session.token.begin());
      session.number = record.position;
      session.last_use = rows.Time(EventColumn::kRoomSequence);
    }
    record.what = std::move(change);
  } else {
    return std::optional<PgRecord>();
  }
  return std::optional(std::move(record));
}

PgCall InsertRecords(std::span<const PgNewRecord> records, std::int64_t tag) {
  RecordArrays arrays;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  for (const PgNewRecord& added : records) {
    if (IsEvent(added.record)) ++events;
    arrays.events_through.Add(events);
    arrays.types.Add(static_cast<std::int16_t>(std::visit(RecordType{}, added.record.what)));
    bytes += std::visit(AddWhat{arrays, added.record.at}, added.record.what);
    arrays.previous.Add(added.previous);
    arrays.bytes_through.Add(bytes);
    arrays.places.Add(added.record.place);
    arrays.room_types.Add(PgBytes(added.record.type));
  }
  return PgCall(kInsertRecords, tag, arrays.room_kinds, arrays.room_ids, arrays.dialects,
                arrays.room_sequences, arrays.at, arrays.types, arrays.user_ids, arrays.user_names,
                arrays.user_avatars, arrays.reasons, arrays.creators, arrays.infos,
                arrays.room_numbers, arrays.fields, arrays.previous, arrays.bytes_through,
                arrays.places, arrays.room_types, arrays.events_through);
}

}  // namespace rtcroom::pg
