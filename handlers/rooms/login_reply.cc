#include "handlers/rooms/login_reply.h"

namespace rtcroom {

void WriteAccount(const HandlerContext& context, JsonText& out) {
  out.Field("sdkAppID", context.options.sdk_app_id)
      .Field("accType", context.options.account_type)
      .Field("accountType", context.options.account_type);
}

JsonText LoginFields(const ImLogin& login, const HandlerContext& context) {
  JsonText fields;
  fields.Field("userID", login.user_id.value);
  WriteAccount(context, fields);
  fields.Field("userSig", login.user_sig);
  return fields;
}

}  // namespace rtcroom
