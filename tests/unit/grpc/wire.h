// Decodes messages from their serialized form.
#pragma once

#include <stdexcept>

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <rtcroom/v1/membership_notifier.pb.h>

namespace rtcroom {

inline v1::WatchResponse Parsed(const grpc::ByteBuffer& message) {
  v1::WatchResponse response;
  grpc::ByteBuffer bytes = message;
  if (!grpc::SerializationTraits<v1::WatchResponse>::Deserialize(&bytes, &response).ok()) {
    throw std::runtime_error("not a WatchResponse");
  }
  return response;
}

}  // namespace rtcroom
