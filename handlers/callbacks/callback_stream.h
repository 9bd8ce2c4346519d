// The callbacks of media servers of one's own, in terms common to all such servers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "handlers/callbacks/callback_request.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

enum class CallbackCall : std::uint8_t {
  kPublish,     ///< may this client send the stream? The server may also find the name taken later
  kUpdate,      ///< the client is still connected
  kPublishEnd,  ///< the client sends no more
  kPlay,        ///< may this client receive the stream?
  kRecorded,    ///< a file is complete
};

/// A request of a genuine sender. The text in it is that of a client, and proves nothing: one that
/// was accepted for a stream can make the server send later calls with any other name. So the name
/// is there only in calls whose signature is to be checked; all others count for the stream that
/// their `client` was accepted for.
struct StreamCallback {
  CallbackCall call = CallbackCall::kPublish;
  /// The connection, in the server's own numbering: see `IsStreamClientId`. Empty only for some
  /// kPlay.
  std::string client{};
  /// A valid name in kPublish and kPlay. In kUpdate it is for a client that is not known yet, may
  /// differ from that which the client was accepted for, and is empty when it is not usable.
  std::string stream{};
  FormPairs args{};       ///< of the stream's URL, where `stream` is set; any bytes, maybe cut
  std::string query{};    ///< `args` as SRS has them
  std::string address{};  ///< of the client, numeric, for the log; empty when unknown
  /// Position of the media in ms, of kUpdate: unchanged while none arrives. It can overflow.
  std::optional<std::int64_t> media_ms{};
  std::string file{};  ///< kRecorded: absolute, UTF-8; not normalised, may lie anywhere
};

/// @source protocol E.3, E.4.
struct StreamCallbackRules {
  CallbackSenders senders{};
  std::string app = "live";  ///< streams of other applications are refused
  bool check_play = false;   ///< otherwise every player is accepted
};

/// `text` when it is a numeric address, otherwise empty.
std::string AddressOrEmpty(std::string_view text);

/// Whether `text` is a `StreamCallback::file`.
bool IsRecordedFile(std::string_view text);

/// @errors kBadRequest: another application than that of the rules, or not the name of a stream.
Status CheckStream(std::string_view app, std::string_view stream, const StreamCallbackRules& rules);

}  // namespace rtcroom
