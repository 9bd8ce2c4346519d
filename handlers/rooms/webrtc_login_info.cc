#include <optional>
#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/login_reply.h"
#include "handlers/rooms/webrtc_fields.h"

namespace rtcroom {
namespace {

/// Uses a fresh user ID unless callers may choose their identity and this one did.
/// @errors kBadIdentity; kTooManyRequests.
/// @source protocol B.8.
Result<UserId> ChooseIdentity(const Request& request, const HandlerContext& context) {
  std::optional<UserId> named;
  if (context.options.trust_userid) {
    Fields fields = FieldsOf(request);
    named = fields.OptionalUser(field::kUserId);
    if (named) CheckSignable(fields, *named, context);
    if (!fields.ok()) return fields.error();
  }
  if (named) return *named;
  if (!context.services.admission.AdmitsTicket(request.address)) {
    return Error{Errc::kTooManyRequests, std::string(kTooManyTickets)};
  }
  return context.services.ids.NewUserId();
}

}  // namespace

Reply HandleWebrtcLoginInfo(const Request& request, const HandlerContext& context) {
  const Services& services = context.services;
  const Result<UserId> user_id = ChooseIdentity(request, context);
  if (!user_id) return Reply::Failure(user_id.error());
  const Result<std::string> user_sig =
      services.webrtc_ticket_signer.SignUserSig(*user_id, services.clock.Now());
  if (!user_sig) return Reply::Failure(user_sig.error());
  JsonText answer;
  WriteAccount(context, answer);
  answer.Field("userID", user_id->value).Field("userSig", *user_sig);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
