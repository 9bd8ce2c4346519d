// Who gets what from which endpoint, as a table (protocol A.4, B.2 to B.6, C.2, C.3).
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

/// What somebody is to a gen-2 room.
enum class Role : std::uint8_t {
  kVisitor,   ///< has logged in, and is no member
  kMember,    ///< a pusher
  kCreator,   ///< the first pusher
  kKicked,    ///< was thrown out by the operator, and may not come back
  kGen1,      ///< speaks the other dialect, and names the creator
  kStranger,  ///< names the visitor, without a token
  kGuesser,   ///< names the member, with a token that is not his
  kBorrower,  ///< the member, but his body names the creator
};
inline constexpr std::array kAllRoles = {Role::kVisitor, Role::kMember,  Role::kCreator,
                                         Role::kKicked,  Role::kGen1,    Role::kStranger,
                                         Role::kGuesser, Role::kBorrower};
std::ostream& operator<<(std::ostream& out, Role role);

/// One endpoint, and what those get who are who they say they are.
struct MatrixRow {
  std::string_view endpoint = {};
  nlohmann::json more = {};  ///< of the body, besides roomID and userID
  ExpectedReply visitor = {};
  ExpectedReply member = {};
  ExpectedReply creator = {};
  ExpectedReply kicked = {};
  ExpectedReply gen1 = {};
  bool live_only = false;
  bool by_query = false;  ///< acts for whom the query names, not the body
};

/// The endpoints that both dialects or gen-2 alone have, for a room with seats left.
std::vector<MatrixRow> MatrixRows();

/// What the cell of `row` holds.
/// @param mode  of auth.mode: "open", "mixed" or "token".
ExpectedReply CellOf(const MatrixRow& row, Role role, std::string_view mode);

}  // namespace rtcroom
