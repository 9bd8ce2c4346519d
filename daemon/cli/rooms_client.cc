#include "daemon/cli/rooms_client.h"

#include <chrono>

#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "daemon/cli/rooms_channel.h"

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kCallTimeout{10};
constexpr int kPageSize = 200;

Errc CodeOf(grpc::StatusCode status) {
  switch (status) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Errc::kBadRequest;
    case grpc::StatusCode::NOT_FOUND:
      return Errc::kRoomNotFound;
    case grpc::StatusCode::UNAUTHENTICATED:
      return Errc::kUnauthorized;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Errc::kUnavailable;
    default:
      return Errc::kInternal;
  }
}

}  // namespace

class RoomsClient::Stub {
 public:
  explicit Stub(const RoomsServer& server)
      : stub_(v1::RoomAdmin::NewStub(ConnectTo(server))), token_(server.token) {}

  template <typename Request, typename Response>
  Status Call(grpc::Status (v1::RoomAdmin::Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
              const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_.Reveal());
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    if (status.ok()) return {};
    return Error{CodeOf(status.error_code()), status.error_message()};
  }

 private:
  const std::unique_ptr<v1::RoomAdmin::Stub> stub_;
  const Secret token_;
};

RoomsClient::RoomsClient(const RoomsServer& server) : stub_(std::make_unique<Stub>(server)) {}

RoomsClient::~RoomsClient() = default;

Result<v1::Room> RoomsClient::GetRoom(const v1::RoomRef& room) {
  v1::GetRoomRequest request;
  *request.mutable_room() = room;
  v1::GetRoomResponse response;
  const Status done = stub_->Call(&v1::RoomAdmin::Stub::GetRoom, request, response);
  if (!done) return done.error();
  return response.room();
}

Result<v1::DeletePusherResponse> RoomsClient::DeletePusher(const v1::DeletePusherRequest& request) {
  v1::DeletePusherResponse response;
  const Status done = stub_->Call(&v1::RoomAdmin::Stub::DeletePusher, request, response);
  if (!done) return done.error();
  return response;
}

Status RoomsClient::DestroyRoom(const v1::RoomRef& room) {
  v1::DestroyRoomRequest request;
  *request.mutable_room() = room;
  v1::DestroyRoomResponse response;
  return stub_->Call(&v1::RoomAdmin::Stub::DestroyRoom, request, response);
}

Status RoomsClient::EndLogins(const std::string& user_id) {
  v1::EndLoginsRequest request;
  request.set_user_id(user_id);
  v1::EndLoginsResponse response;
  return stub_->Call(&v1::RoomAdmin::Stub::EndLogins, request, response);
}

Status RoomsClient::ListRooms(v1::RoomKind kind, const std::function<void(const v1::Room&)>& take) {
  v1::ListRoomsRequest request;
  request.set_kind(kind);
  request.set_page_size(kPageSize);
  do {
    v1::ListRoomsResponse page;
    const Status done = stub_->Call(&v1::RoomAdmin::Stub::ListRooms, request, page);
    if (!done) return done;
    for (const v1::Room& room : page.rooms()) take(room);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return {};
}

Status RoomsClient::ListRecordings(v1::ListRecordingsRequest request,
                                   const std::function<void(const v1::Recording&)>& take) {
  request.set_page_size(kPageSize);
  do {
    v1::ListRecordingsResponse page;
    const Status done = stub_->Call(&v1::RoomAdmin::Stub::ListRecordings, request, page);
    if (!done) return done;
    for (const v1::Recording& recording : page.recordings()) take(recording);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return {};
}

}  // namespace rtcroom
