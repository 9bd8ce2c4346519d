#include "handlers/rooms/account_fields.h"

namespace rtcroom {

void WriteAccount(const HandlerContext& context, JsonText& out) {
  out.Field("sdkAppID", context.sdk_app_id)
      .Field("accType", context.account_type)
      .Field("accountType", context.account_type);
}

}  // namespace rtcroom
