#include "handlers/login_reply.h"

namespace rtcroom {

JsonText LoginFields(const ImLogin& login, const HandlerContext& context) {
  JsonText fields;
  fields.Field("userID", login.user_id.value)
      .Field("sdkAppID", context.sdk_app_id)
      .Field("accType", context.account_type)
      .Field("accountType", context.account_type)
      .Field("userSig", login.user_sig);
  return fields;
}

}  // namespace rtcroom
