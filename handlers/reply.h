// What an endpoint answers, before it is a whole reply.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "daemon/base/result.h"
#include "daemon/http/message.h"
#include "handlers/json_text.h"
#include "handlers/request_label.h"
#include "handlers/text_page.h"

namespace rtcroom {

/// A success with its fields, or a failure. `code` and `message` are not among the fields: they
/// follow from the failure and the protocol. A few endpoints succeed with a page instead.
struct Reply {
  std::optional<Error> failure{};
  JsonText fields{};               ///< in the order of the wire
  std::optional<TextPage> page{};  ///< instead of all JSON

  static Reply Success(JsonText fields = {}) {
    return {.failure = std::nullopt, .fields = std::move(fields)};
  }
  static Reply Page(TextPage page) { return {.page = std::move(page)}; }
  /// Few failures have fields of their own (protocol F.7).
  static Reply Failure(Error error, JsonText fields = {}) {
    return {.failure = std::move(error), .fields = std::move(fields)};
  }
};

/// The JSON of `reply` in the words of the label's protocol, `code` and `message` first. Code and
/// failure go to the label, and the error's detail, which the client reads only when the fault is
/// the client's (protocol F.7).
HttpReply Render(const Reply& reply, RequestLabel& label);

/// What `Render` adds to the fields of a success, in bytes.
std::size_t SuccessFrameBytes();

}  // namespace rtcroom
