// The common part of callbacks, the HTTP requests of media servers and clouds: senders, replies and
// single values.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/address_range.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// The begin of each callback's path; its name follows.
inline constexpr std::string_view kCallbackPrefix = "/callback/";

/// The body that tells all senders but the IM service of a failure.
inline constexpr std::string_view kCallbackFailed = R"({"code":1})";

/// The longest body of a callback.
/// @source protocol E.
inline constexpr std::size_t kMaxCallbackBytes = std::size_t{64} * 1024;

struct CallbackReply {
  HttpReply http{};
  /// The outcome for the log. An error is the reason of a refusal, or why a callback was ignored;
  /// it holds only texts of this server.
  Status outcome{};
  /// False: refused before the sender had proved itself.
  bool is_proven = true;
  /// The media server's client, where it is refused and the media server would keep it all the
  /// same.
  std::string kept_client{};
};

/// The callback, or the reply to a request that is refused, or that changes nothing. Each reader
/// checks the sender before it reads more than that takes, and answers 404 to everything while it
/// has neither key nor senders.
template <typename Callback>
using CallbackReading = std::variant<Callback, CallbackReply>;

CallbackReply MakeCallbackReply(int status, std::string_view body, Status outcome = {});

/// 200 `{"code":0}`: success for every sender but the IM service.
CallbackReply AcceptCallback(Status outcome = {});

/// 403 `{"code":1}`: nginx-rtmp must refuse the client.
CallbackReply ForbidCallback(Error why);

/// Refuses a sender that has not proved itself; 403 where a cloud's signature is wrong.
CallbackReply RefuseUnproven(int status, Error why, std::string_view body = kCallbackFailed);

/// 401 `{"code":1}`: the sender does not prove that it is the media server. Not 403, by which a
/// media server with a mistaken key would end the streams that are on air.
CallbackReply RefuseUnprovenSender();

/// The checks before those of the sender: 404 unless configured, 405 unless POST, 413.
/// @return nullopt when the request passes.
std::optional<CallbackReply> RefuseCallbackEarly(const HttpRequest& request, bool is_configured,
                                                 std::size_t max_bytes = kMaxCallbackBytes);

/// The senders whose callbacks count where callbacks are not signed.
struct CallbackSenders {
  Secret secret{};        ///< empty: none is asked for
  AddressRanges allow{};  ///< empty: any address

  [[nodiscard]] bool is_set() const { return !secret.empty() || !allow.empty(); }
};

/// Whether the request has the secret, as its path's last part or as a bearer token, and comes from
/// an allowed address, as far as either is set. Its timing reveals nothing about the secret except
/// its length.
bool AdmitsSender(const CallbackSenders& senders, const HttpRequest& request);

/// Whether `address`, numeric, is in one of the ranges.
bool IsAddressIn(const AddressRanges& ranges, std::string_view address);

/// The member `name` of an object, a string or a whole number; empty when it is absent or another
/// value.
std::string MemberText(const nlohmann::json& object, const char* name);

/// The member `name` as the ID of a room or a user; nullopt unless it is an ID.
std::optional<RoomId> RoomIdMember(const nlohmann::json& object, const char* name);
std::optional<UserId> UserIdMember(const nlohmann::json& object, const char* name);

/// The time that is a decimal number of `unit` after the start of 1970; nullopt for other texts,
/// for negative numbers, and for more than 3000 years.
std::optional<TimePoint> TimeOf(std::string_view number, std::chrono::milliseconds unit);

}  // namespace rtcroom
