#include "daemon/cli/recordings_options.h"

#include "daemon/cli/rooms_options.h"

namespace rtcroom {

RecordingsOptions::RecordingsOptions(CLI::App& app)
    : recordings_(app.add_subcommand("recordings", "See the recordings of the running server")) {
  recordings_->require_subcommand(1);
  CLI::App* const list =
      recordings_->add_subcommand("list", "Print the index of recordings, newest first");
  AddAccessOptions(*list, access_);
  AddKindOption(*list, "--kind", kind_);
  list->add_option("--room", room_id_, "Of rooms with this ID");
  list->add_option("--user", user_id_, "Of this user");
  list->add_flag("--json", json_, "Print JSON, one object a line");
}

int RecordingsOptions::Run(const CliContext& context) const {
  return RunRecordingsList({.access = access_,
                            .kind = KindNamed(kind_),
                            .room_id = room_id_,
                            .user_id = user_id_,
                            .format = json_ ? RoomsFormat::kJson : RoomsFormat::kText},
                           context);
}

}  // namespace rtcroom
