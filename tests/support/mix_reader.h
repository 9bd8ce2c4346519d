// A program that follows the wanted mixes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "tests/support/eventually.h"

namespace rtcroom {

/// A call of FollowMixes, which ends after `kWaitTimeout`.
///
/// @threads for one thread.
class MixReader {
 public:
  explicit MixReader(const std::shared_ptr<grpc::Channel>& channel, const std::string& token = {})
      : stub_(v1::RoomAdmin::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    reader_ = stub_->FollowMixes(&context_, {});
  }
  ~MixReader() {
    context_.TryCancel();
    if (reader_) (void)reader_->Finish();
  }
  MixReader(const MixReader&) = delete;
  MixReader& operator=(const MixReader&) = delete;

  /// The streams of the next message; "ended" when there is none.
  std::vector<std::string> Next() {
    std::vector<std::string> streams;
    if (!reader_->Read(&newest_)) return {"ended"};
    for (const v1::Mix& mix : newest_.mixes()) streams.push_back(mix.stream());
    return streams;
  }
  /// Reads until a message has these streams; false when there is none.
  bool ReadUntil(const std::vector<std::string>& streams) {
    while (true) {
      const std::vector<std::string> next = Next();
      if (next == streams) return true;
      if (next == std::vector<std::string>{"ended"}) return false;
    }
  }
  grpc::Status End() {
    v1::WantedMixes message;
    while (reader_->Read(&message)) {
    }
    const grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }
  [[nodiscard]] const v1::WantedMixes& newest() const { return newest_; }

 private:
  const std::unique_ptr<v1::RoomAdmin::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WantedMixes>> reader_;
  v1::WantedMixes newest_;
};

}  // namespace rtcroom
