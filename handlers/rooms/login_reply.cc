#include "handlers/rooms/login_reply.h"

#include "handlers/rooms/account_fields.h"

namespace rtcroom {

JsonText LoginFields(const ImLogin& login, const HandlerContext& context) {
  JsonText fields;
  fields.Field("userID", login.user_id.value);
  WriteAccount(context, fields);
  fields.Field("userSig", login.user_sig);
  return fields;
}

}  // namespace rtcroom
