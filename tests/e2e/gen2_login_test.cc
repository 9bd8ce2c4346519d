// Logging in with a ticket of either version (protocol B.1, D.1, D.2), over TLS.
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/ticket_signers.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

class LoginWithTicket : public testing::TestWithParam<TicketSigner> {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TempDirectory;
    const auto public_key = directory_->path() / "public.pem";
    std::ofstream(public_key) << PublicTicketKey();
    server_ =
        new ServerProcess({.settings = WithLogins({{"im.public_key_file", public_key.string()},
                                                   {"auth.deny_user_ids", {"denied_one"}}})});
  }
  static void TearDownTestSuite() {
    delete server_;
    delete directory_;
  }

  ApiReply LogInBy(const std::string& ticket, const std::string& user = "user_0001") {
    return LogIn(api_, {.user_id = user, .user_sig = ticket});
  }

  static inline TempDirectory* directory_ = nullptr;
  static inline ServerProcess* server_ = nullptr;  ///< one for all: it keeps no state of them
  ApiClient api_ = server_->Https();
};

TEST_P(LoginWithTicket, ReturnsATokenValidForRoomCalls) {
  const ApiReply reply = LogInBy(GetParam().sign("user_0001"));
  ASSERT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.Text("message"), "请求成功");
  EXPECT_EQ(reply.Text("userID"), "user_0001");
  // The application in hex, the account type in base64.
  EXPECT_THAT(reply.Text("token"), testing::MatchesRegex("[0-9a-f]{32}\\*53724e01\\*MA=="));
  Gen2Client user(server_->Https(), "user_0001", "double_room", reply.Text("token"));
  for (const std::string_view kind : kKinds) {
    EXPECT_EQ(user.CallOf(kind, "get_room_list", ListBody()).code(), kOk) << kind;
  }
}

TEST_P(LoginWithTicket, AcceptsAForeignTicketOfADeniedUser) {
  EXPECT_EQ(LogInBy(GetParam().sign("denied_one"), "denied_one").code(), kOk)
      << "the list names the users for which the server signs nothing";
}

INSTANTIATE_TEST_SUITE_P(Versions, LoginWithTicket, testing::ValuesIn(TicketSigners()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(LoginWithCommandLineTicket, Succeeds) {
  const ServerProcess server({.settings = WithLogins()});
  FinishedCommand signed_ticket =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"user-sig", "sign", "--config", server.config_file().string(),
                              "--user-id", "user_0001"}});
  ASSERT_EQ(signed_ticket.exit_code, 0) << signed_ticket.err;
  signed_ticket.out.pop_back();  // the newline
  ApiClient api = server.Https();
  EXPECT_EQ(LogIn(api, {.user_id = "user_0001", .user_sig = signed_ticket.out}).code(), kOk);
}

}  // namespace
}  // namespace rtcroom
