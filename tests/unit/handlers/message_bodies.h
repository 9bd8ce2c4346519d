// Bodies of messages, as clients send them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "handlers/shared/message_body.h"
#include "tests/support/matchers.h"

namespace rtcroom {

inline nlohmann::ordered_json TextElement(std::string_view text) {
  return {{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}};
}

inline nlohmann::ordered_json FaceElement(std::string_view data) {
  return {{"MsgType", "TIMFaceElem"}, {"MsgContent", {{"Index", 13}, {"Data", data}}}};
}

/// A checked body of these elements, which must be valid.
template <typename... Elements>
MessageBody BodyOf(const Elements&... elements) {
  nlohmann::ordered_json body = nlohmann::ordered_json::array();
  (body.push_back(elements), ...);
  Result<MessageBody> checked = MessageBody::From(std::move(body));
  EXPECT_OK(checked);
  return *std::move(checked);
}

}  // namespace rtcroom
