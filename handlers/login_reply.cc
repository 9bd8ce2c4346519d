#include "handlers/login_reply.h"

#include "handlers/account_fields.h"

namespace rtcroom {

JsonText LoginFields(const ImLogin& login, const HandlerContext& context) {
  JsonText fields;
  fields.Field("userID", login.user_id.value);
  WriteAccount(context, fields);
  fields.Field("userSig", login.user_sig);
  return fields;
}

}  // namespace rtcroom
