// Prints the tables of handlers/rooms/endpoint_spec.cc and handlers/webim/webim_commands.cc as
// JSON, for check.js.
#include <iostream>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "handlers/webim/webim_commands.h"
#include "tests/support/endpoint_fields.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

std::string_view NameOf(FieldForm form) {
  switch (form) {
    case FieldForm::kRoomId:
    case FieldForm::kUserId:
    case FieldForm::kTrtcRoomId:
    case FieldForm::kTrtcUserId:
      return "id";
    case FieldForm::kText:
    case FieldForm::kWord:
    case FieldForm::kOperation:
    case FieldForm::kPushUrl:
    case FieldForm::kInfo:
      return "string";
    case FieldForm::kInteger:
    case FieldForm::kPositive:
      return "integer";
    case FieldForm::kScalar:
      return "scalar";
    case FieldForm::kMergeParams:
      return "object";
  }
  return {};
}

ordered_json JsonOf(const FieldSpec& field) {
  return {{"name", field.name},
          {"alias", field.alias},
          {"type", NameOf(field.form)},
          {"maxBytes", field.max_bytes},
          {"required", field.is_required},
          {"inQuery", field.place == FieldPlace::kQuery}};
}

ordered_json JsonOf(const EndpointCall& call) {
  constexpr std::string_view kProtocols[] = {"gen-1", "gen-2", "webrtc"};
  ordered_json fields = ordered_json::array();
  for (const FieldSpec& field : call.fields) fields.push_back(JsonOf(field));
  return {{"endpoint", call.endpoint},
          {"method", call.method},
          {"protocol", kProtocols[static_cast<std::size_t>(call.protocol)]},
          {"areas", call.areas},
          {"fields", std::move(fields)},
          {"good", GoodBody(call)}};
}

}  // namespace
}  // namespace rtcroom

int main() {
  nlohmann::ordered_json endpoints = nlohmann::ordered_json::array();
  for (const rtcroom::EndpointCall& call : rtcroom::AllCalls()) {
    endpoints.push_back(rtcroom::JsonOf(call));
  }
  nlohmann::ordered_json commands = nlohmann::ordered_json::array();
  for (const rtcroom::ChannelCommand& command : rtcroom::AllChannelCommands()) {
    commands.push_back(command.path);
  }
  std::cout << nlohmann::ordered_json(
                   {{"endpoints", std::move(endpoints)}, {"commands", std::move(commands)}})
                   .dump(1)
            << '\n';
}
