// The profile of an account as the IM protocols write it.
#pragma once

#include <string_view>

#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/core/ids.h"

namespace rtcroom {

inline constexpr std::string_view kNickTag = "Tag_Profile_IM_Nick";
inline constexpr std::string_view kImageTag = "Tag_Profile_IM_Image";

class ChannelFields;

/// Sets what `ProfileItem` has of the caller's names; its other tags are left out. What is too long
/// is shortened, since clients take a failure as one of their login; an image is dropped, as a part
/// of a URL is none.
/// @errors kNotJson; kBadRequest.
Status ChangeProfile(ChannelFields& fields, const ChannelInstance& caller, ChannelLogins& logins);

/// Writes an element with the names of an account.
void WriteProfile(const UserId& account, const Account::Profile& profile, JsonText& out);

}  // namespace rtcroom
