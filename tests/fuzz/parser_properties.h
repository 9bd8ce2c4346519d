// Properties of every parser of untrusted bytes, for arbitrary input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

// Each function returns a description of the fault, or nullopt. All are pure.

/// Frames a stream of requests byte by byte, in pieces and at once.
///
/// Every split yields the same requests and the same end; the buffered bytes never exceed the limit
/// of a request; accepted requests are clean and stay the same when framed again. The first byte of
/// `bytes` selects the pieces, the rest is the stream.
std::optional<std::string> FaultOfFraming(std::string_view bytes);

/// Reads a body of the media type selected by the first byte of `bytes`.
///
/// The outcome is an object within the bounds of protocol F.6 that parses to the same value again,
/// or an error that names the body.
std::optional<std::string> FaultOfBodyReading(std::string_view bytes);

/// Reads a PROXY header from every prefix of `bytes`.
///
/// The reader never revises a decision, and neither requests nor reads a byte past the header.
std::optional<std::string> FaultOfProxyReading(std::string_view bytes);

/// Checks and guards the body of a message. The first byte of `bytes` selects its priority and the
/// sender's nick, the rest is the body.
///
/// A body that passes its check is relayed as it came, with at most 1 KiB more, or refused; what is
/// relayed can be read by clients, and passes again unchanged.
std::optional<std::string> FaultOfMessageGuard(std::string_view bytes);

/// Reads `bytes` as the channel's tokens, and genuine tokens altered by `bytes`.
///
/// Only signed texts are accepted.
std::optional<std::string> FaultOfChannelTokens(std::string_view bytes);

/// Sends the lines of `bytes` as requests of a client that is connected and in a room, and uses all
/// of them as a text, as a stored message and as a cursor.
///
/// Each request is answered, or the socket closed with the code for it; other clients go on. A text
/// is read as it was sent, and old clients can read it.
std::optional<std::string> FaultOfSocketRequests(std::string_view bytes);

/// Sends a command of today's IM SDKs, which the first byte of `bytes` selects; the rest is its
/// body.
///
/// The reply is an object or a failure with a code. What others are told is not affected.
std::optional<std::string> FaultOfSdkCommands(std::string_view bytes);

/// Reads a reply of a media server or service, or a client's mergeParams; the first byte of `bytes`
/// selects which, the rest is the text.
///
/// The outcome is an error or within the documented bounds. A list is not longer than its text, and
/// a mix that is read is the same when it is written and read again.
std::optional<std::string> FaultOfMediaReplies(std::string_view bytes);

/// Reads a callback whose body is what follows the first line of `bytes`, with that line as its
/// secret, signature and query, and with genuine ones; and the callbacks of media servers for a
/// client that names its stream by that line, and sends the rest as arguments.
///
/// Nothing is read without a proof of its sender. A client cannot pass for another one, nor change
/// what the server has written itself; names of streams are clean.
std::optional<std::string> FaultOfCallbacks(std::string_view bytes);

/// Reads the frames of a WebSocket byte by byte, in pieces and at once, with a limit of 100 bytes.
///
/// Every split yields what a plain reading of RFC 6455 yields: the same texts, answers and end. The
/// answers are whole frames, none of them after a close frame, and the memory is bounded. The first
/// byte of `bytes` selects the pieces and whether the server closes first, the rest is the stream.
std::optional<std::string> FaultOfWebSocket(std::string_view bytes);

/// Reads the offer of a browser that publishes, where `bytes` begin with a P, or plays; and
/// finishes it as if it were an answer.
///
/// An offer that is accepted is written in known lines, without candidates, and is the same when it
/// is read and written again.
std::optional<std::string> FaultOfWebOffers(std::string_view bytes);

/// Sends the requests in `bytes` (tests/fuzz/request_bytes.h) to a new server.
///
/// Each reply is as tests/fuzz/request_property.h says.
std::optional<std::string> FaultOfRequests(std::string_view bytes);

}  // namespace rtcroom
