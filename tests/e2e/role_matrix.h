// The reply of each endpoint for each role, as a table (protocol A.4, B.2 to B.6, C.2, C.3).
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/expected_reply.h"

namespace rtcroom {

/// The role of a caller in a gen-2 room.
enum class Role : std::uint8_t {
  kVisitor,   ///< has logged in, and is no member
  kMember,    ///< a pusher
  kCreator,   ///< the first pusher
  kKicked,    ///< was kicked and banned by the operator
  kGen1,      ///< uses the other dialect, and names the creator
  kStranger,  ///< names the visitor, without a token
  kGuesser,   ///< names the member, with another user's token
  kBorrower,  ///< the member, but its body names the creator
};
inline constexpr std::array kAllRoles = {Role::kVisitor, Role::kMember,  Role::kCreator,
                                         Role::kKicked,  Role::kGen1,    Role::kStranger,
                                         Role::kGuesser, Role::kBorrower};
std::ostream& operator<<(std::ostream& out, Role role);

/// One endpoint, and the replies to authenticated roles.
struct MatrixRow {
  std::string_view endpoint = {};
  nlohmann::json more = {};  ///< of the body, in addition to roomID and userID
  ExpectedReply visitor = {};
  ExpectedReply member = {};
  ExpectedReply creator = {};
  ExpectedReply kicked = {};
  ExpectedReply gen1 = {};
  bool live_only = false;
  bool by_query = false;  ///< acts for the user in the query, not in the body
};

/// The endpoints of both dialects or of gen-2 alone, for a room with free seats.
std::vector<MatrixRow> MatrixRows();

/// The value of the cell of `row`.
/// @param mode  of auth.mode: "open", "mixed" or "token".
ExpectedReply CellOf(const MatrixRow& row, Role role, std::string_view mode);

}  // namespace rtcroom
