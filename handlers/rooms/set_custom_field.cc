#include <optional>
#include <string>
#include <utility>

#include "handlers/rooms/custom_fields.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/room_json.h"

namespace rtcroom {
namespace {

using rules::CustomEdit;
using rules::CustomRight;

struct Operation {
  CustomEdit edit{};
  CustomRight right = CustomRight::kAnyone;  ///< viewers may count, too ("likes")
};

CustomEdit Counting(std::string name, int step) {
  return [name = std::move(name), step](std::string_view custom) {
    return CountCustomField(custom, name, step);
  };
}

CustomEdit Setting(std::string name, nlohmann::json value) {
  return [name = std::move(name), value = std::move(value)](std::string_view custom) {
    return SetCustomField(custom, name, value);
  };
}

Operation ReadOperation(Fields& fields, CustomSet custom_set) {
  std::string name = fields.Text(field::kFieldName);
  const std::string operation = fields.Text(field::kOperation);
  if (operation == "inc") return {.edit = Counting(std::move(name), 1)};
  if (operation == "dec") return {.edit = Counting(std::move(name), -1)};
  if (operation != "set") fields.Refuse({Errc::kBadRequest, "operation: unknown"});
  return {.edit = Setting(std::move(name), fields.Scalar(field::kValue)),
          .right = custom_set == CustomSet::kAnyone ? CustomRight::kAnyone : CustomRight::kMembers};
}

/// The proven caller; without one, the userID of the query.
UserId CallerOf(const Request& request) {
  if (request.proven_caller) return *request.proven_caller;
  return {QueryValue(request, "userID")};
}

}  // namespace

Reply HandleSetCustomField(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey room = ReadRoomKey(fields, request);
  Operation operation = ReadOperation(fields, context.options.custom_set);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<std::string> custom = context.services.rooms.SetCustom(
      {.member = {.room = room, .dialect = request.dialect(), .user_id = CallerOf(request)},
       .right = operation.right,
       .edit = std::move(operation.edit)});
  if (!custom) return Reply::Failure(custom.error());
  JsonText answer;
  WriteCustom(*custom, answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
