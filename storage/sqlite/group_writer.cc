#include "storage/sqlite/group_writer.h"

#include <optional>
#include <string>

namespace rtcroom {

Status SqliteGroupWriter::Run(const std::vector<Job*>& group) {
  Status committed = RunInTransaction(group);
  if (committed) {
    index_.Apply(writer_.index_changes());
    listener_.OnCommit(writer_.committed());
  } else {
    writer_.Rollback();
    for (Job* job : group) job->Abort(committed.error());
  }
  for (Job* job : group) job->AfterTransaction(writer_);
  return committed;
}

void SqliteGroupWriter::Rest(const Status& committed) {
  if (!committed && committed.error().code == Errc::kStoreBroken) writer_.MakeRoom();
  writer_.Checkpoint();
}

Status SqliteGroupWriter::RunInTransaction(const std::vector<Job*>& group) {
  if (const Status begun = writer_.Begin(); !begun) return begun;
  for (Job* job : group) {
    job->Run(writer_);
    if (!writer_.InTransaction()) {
      const std::optional<Error> cause = job->StoreFailure();
      return Error{Errc::kStoreBroken, "a failed write took its whole group with it: " +
                                           (cause ? cause->detail : "no reason given")};
    }
  }
  return writer_.Commit();
}

}  // namespace rtcroom
