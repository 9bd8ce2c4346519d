#include "daemon/cli/users_options.h"

#include "daemon/cli/rooms_options.h"

namespace rtcroom {

UsersOptions::UsersOptions(CLI::App& app)
    : users_(app.add_subcommand("users", "End logins at the running server")) {
  users_->require_subcommand(1);
  CLI::App* const logout = users_->add_subcommand("logout", "End all logins of a user");
  AddAccessOptions(*logout, logout_.access);
  logout->add_option("USER_ID", logout_.user_id, "The user")->required();
}

int UsersOptions::Run(const CliContext& context) const { return RunUsersLogout(logout_, context); }

}  // namespace rtcroom
