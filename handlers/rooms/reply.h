// The result of an endpoint, its rendering as an HTTP reply, and the right to answer with it later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/http/message.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// A reply that is not JSON.
struct TextPage {
  enum class Kind : std::uint8_t { kPlain, kHtml };
  Kind kind = Kind::kPlain;
  std::string text{};
};

/// A success with its fields, or a failure. `code` and `message` are not among the fields: they
/// follow from the failure and the protocol. A few endpoints succeed with a page instead.
struct Reply {
  std::optional<Error> failure{};
  JsonText fields{};               ///< in wire order
  std::optional<TextPage> page{};  ///< instead of all JSON
  /// The caller is no member as far as is known here: another server may have added it just now.
  bool misses_member = false;

  static Reply Success(JsonText fields = {}) {
    return {.failure = std::nullopt, .fields = std::move(fields)};
  }
  static Reply Page(TextPage page) { return {.page = std::move(page)}; }
  /// Few failures have fields of their own (protocol F.7).
  static Reply Failure(Error error, JsonText fields = {}) {
    return {.failure = std::move(error), .fields = std::move(fields)};
  }
};

/// The reply for kStoreBusy and kStoreBroken: nothing was changed.
enum class BusyReply : std::uint8_t {
  kAsAnyFailure,
  kTryAnother,  ///< 503 with Retry-After: a balancer may pass the call to another server
};

/// The JSON of `reply` with the codes and messages of the label's protocol, `code` and `message`
/// first. Stores code, failure and error detail in the label; the client receives the detail only
/// when the fault is the client's (protocol F.7).
HttpReply Render(const Reply& reply, RequestLabel& label,
                 BusyReply busy = BusyReply::kAsAnyFailure);

/// The bytes that `Render` adds to the fields of a success.
std::size_t SuccessFrameBytes();

/// The reply to a request that does not reach an endpoint. Below 500, the fault is the request's:
/// code 1, with the message of the status. For 500 or more, the fault is the server's: code 6.
/// @param reason  of the connection layer.
/// @source protocol 0.2.
HttpReply RefusalOf(int status, RequestLabel& label, std::string_view reason = {});

/// The reply to a caller that is over its rate.
Reply TooManyRequests();

/// The reply to the exception that is being handled.
Reply InternalError();

/// Renders a reply and answers with it. Copies share one right: the first reply counts. Without
/// any, the request is answered as an internal error when the last copy ends.
///
/// @threads safe from any thread.
class Answer {
 public:
  /// Takes the right to answer from `call`.
  /// @param recorder  outlives the answer.
  Answer(Call& call, RequestRecorder& recorder, RequestCharge charge, BusyReply busy);

  void operator()(const Reply& reply) const;

  /// Answers with the first reply that `slice` returns, running it as `Responder::RunInSlices`
  /// does. A caller in debt by its turn gets `Reply` of too many requests instead.
  void RunInSlices(std::function<std::optional<Reply>()> slice) const;

 private:
  std::shared_ptr<PendingCall> call_;  ///< shared by the copies
  BusyReply busy_;
};

}  // namespace rtcroom
