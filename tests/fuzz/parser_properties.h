// What must hold for every reader of bytes from outside, whatever the bytes are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

// Each says what is wrong, and nothing when all is as it should be. All are pure.

/// Frames a stream of requests byte by byte, in pieces and at once.
///
/// However the stream is cut, it holds the same requests and ends in the same way; no more bytes
/// are held than a request may have; what was taken is clean, and the same again when it is
/// framed anew. The first byte of `bytes` decides about the pieces, the rest is the stream.
std::optional<std::string> FaultOfFraming(std::string_view bytes);

/// Reads a body of the media type that the first byte of `bytes` stands for.
///
/// The outcome is an object within the bounds of protocol F.6, which reads the same again, or an
/// error that names the body.
std::optional<std::string> FaultOfBodyReading(std::string_view bytes);

/// Reads a PROXY header from every beginning of `bytes`.
///
/// The reader changes its mind never, asks for no byte past the header and looks at none.
std::optional<std::string> FaultOfProxyReading(std::string_view bytes);

}  // namespace rtcroom
