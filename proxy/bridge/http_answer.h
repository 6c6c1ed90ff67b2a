/// \file http_answer.h
/// Reads one HTTP/1.1 answer (RFC 9112) of a site or a proxy. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

struct HttpAnswer {
  int status = 0;
  std::string reason;  ///< phrase of the status line; may be empty
  HeaderFields headers;
  std::string body;  ///< the first kMaxBody bytes of it

  /// Value of that field; all of them joined, if there are several; empty if there is none.
  std::string header(std::string_view name) const { return headerValue(headers, name); }
};

/// What was asked decides where the answer ends.
enum class AnswerTo { kGet, kUpgrade, kConnect };

/// Not thread-safe.
class HttpAnswerReader {
 public:
  static constexpr std::size_t kMaxHead = 32 * 1024;   ///< bytes, of one head
  static constexpr std::size_t kMaxBody = 256 * 1024;  ///< bytes; what is more is cut off

  enum class Progress { kNeedMore, kDone, kBroken };

  explicit HttpAnswerReader(AnswerTo asked) : asked_(asked) {}

  /// \return kDone, kBroken: final. Interim answers (1xx) are passed over.
  Progress take(std::string_view bytes);
  /// The peer has ended its stream.
  Progress end();

  const HttpAnswer& answer() const { return answer_; }
  /// Whether anything has come.
  bool hasBegun() const { return begun_; }
  /// What stands behind an answer that opens a stream: a 101, or a proxy's 2xx.
  std::string_view leftover() const { return leftover_; }

 private:
  enum class State {
    kHead,
    kLength,     ///< a body of known length
    kToEnd,      ///< a body that ends with the stream
    kChunkSize,  ///< ... chunk after chunk
    kChunk,
    kChunkEnd,
    kTrailer,
    kDone,
    kBroken,
  };

  bool step();
  bool fail();
  bool readHead();
  bool parseHead(std::string_view head);
  bool opensStream() const;
  bool beginBody();
  bool readCounted(State next);
  bool readChunkSize();
  bool readLineBetween();
  bool takeLine(std::string& line);

  const AnswerTo asked_;
  State state_ = State::kHead;
  HttpAnswer answer_;
  std::string input_;  ///< not yet read
  std::string leftover_;
  std::size_t left_ = 0;  ///< bytes of body, or of a chunk
  bool begun_ = false;
};

}  // namespace holdfast::proxy
