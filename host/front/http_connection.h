/// \file http_connection.h
/// HTTP/1.1 (RFC 9112) <-> requests of one connection, one after the other.
///
///     head ── body ── the app answers ── what the client has not taken yet ── head ...
///
/// A slow client costs a descriptor and room in memory and temporary files, not a worker: a request
/// is delivered when its body is complete, and an answer that the client is slow to take is
/// spooled.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/front/chunked_decoder.h"
#include "host/front/http_answer_head.h"
#include "host/front/http_ends.h"
#include "host/front/request.h"
#include "host/front/spooled_output.h"
#include "host/front/taking_pace.h"
#include "host/platform/event_loop.h"

namespace holdfast {

/// What a client may ask of this front end, and how slow it may be.
struct HttpLimits {
  std::size_t head_bytes = 64 * 1024;
  BodyLimits body;
  std::size_t connections = 4096;
  std::size_t connections_per_address = 1024;
  /// From the first byte of a head, or from the beginning of the connection, to the head's end.
  std::chrono::milliseconds head_time{10'000};
  /// Between two requests.
  std::chrono::milliseconds idle_time{60'000};
  /// In each such time at least `least_bytes` of a body that is waited for must come.
  std::chrono::milliseconds body_time{30'000};
  /// In each such time at least `least_bytes` of an answer must be taken, or all of it.
  std::chrono::milliseconds send_time{60'000};
  /// From so much untaken answer on the app waits, and holds a worker, until all is taken.
  /// Meanwhile the client must take 1 MiB in each `pace_time`.
  std::uint64_t spool_bytes = std::uint64_t{256} * 1024 * 1024;
  std::chrono::milliseconds pace_time{10'000};
  std::uint64_t least_bytes = 16 * 1024;
};

class HttpRequest;

/// Belongs to the event loop's thread.
class HttpConnection {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// It is closed, or given away; to be destroyed, though not within this call.
    virtual void onClosed(HttpConnection& connection) = 0;
    /// It has answered by itself, so that no line of a request says so. \param what  for the log
    virtual void onRefused(const std::string& what) = 0;
  };

  /// \param ends  of the connection that the client has made, of which `socket` may be but the
  /// plain
  ///   side
  HttpConnection(EventLoop& loop, Socket socket, HttpEnds ends, const HttpLimits& limits,
                 const RequestSink& sink, const FinishedSink& on_finished, Owner& owner);
  ~HttpConnection();

  void close();
  /// At once between two requests, else after the answer.
  void drain();
  /// From a complete head until the last byte of the answer is out.
  bool isBusy() const { return request_ != nullptr || hasUnsent(); }
  /// Since when it has been waiting for its client in such a way that it may give way to others:
  /// the app is not at work for it, or its client has stopped taking what it was given.
  std::optional<EventLoop::Clock::time_point> waitsSince();
  /// Of the client, numeric, without the port.
  const std::string& address() const { return ends_.client; }

 private:
  friend class HttpRequest;
  enum class State { kHead, kRequest, kEnding, kLingering, kClosed };
  enum class Wait { kNothing, kHead, kIdle, kBody, kTaking, kPace };

  void onReady(Readiness ready);
  void onReadable();
  void onPeerEnd();
  void onPeerGone();
  void process();
  /// \return false if more must come first
  bool takeHead();
  void begin(std::string_view text);
  void beginBody(const RequestHead& head);
  bool takeBody();
  bool takeChunked();
  bool takeCounted();
  bool addBody(std::span<const std::byte> piece);
  void endBody();
  void refuseLargeBody();
  void refuse(const HttpRefusal& refusal);

  void sendHead(const AnswerHead& head);
  void sendChunk(std::span<std::byte> chunk);
  void put(std::span<const std::byte> bytes, bool borrowed);
  void endAnswer();
  void cutAnswer();
  Upgraded giveAway();
  void leave(RequestEnd end);
  void tellFinished();
  /// \return false if the connection broke
  bool flush();
  void onAllSent();
  void endConnection();

  bool hasUnsent() const { return !out_.empty(); }
  bool wantsBody() const;
  Wait waitsFor() const;
  void updateInterest();
  void runTimer(Wait wait);
  std::chrono::milliseconds limitOf(Wait wait) const;
  void onTimeOut();
  void onTakingTime();
  /// The client may have read while its socket took nothing.
  void noteReading();
  void traceMessage(const char* way, const std::string& what) const;

  EventLoop& loop_;
  Socket socket_;
  const HttpLimits& limits_;
  const RequestSink& sink_;
  const FinishedSink& on_finished_;
  Owner& owner_;
  const HttpEnds ends_;
  State state_ = State::kHead;
  std::vector<std::byte> in_;  ///< read and not used yet
  std::size_t used_ = 0;       ///< of in_, from its front
  std::size_t looked_at_ = 0;  ///< of the unused: holds no end of a head
  bool client_ended_ = false;  ///< its direction, on purpose
  bool answered_any_ = false;
  bool keep_alive_ = true;  ///< of the connection; false: it ends with this answer

  std::shared_ptr<HttpRequest> request_;
  std::shared_ptr<HttpRequest> leaving_;  ///< ended, and its answer is not known to be out
  RequestEnd leaving_end_ = RequestEnd::kFinished;
  bool peer_gone_ = false;
  std::optional<ChunkedDecoder> chunked_;
  std::uint64_t body_left_ = 0;  ///< of a Content-Length
  std::uint64_t body_received_ = 0;

  SpooledOutput out_;
  TakingPace pace_;         ///< since waiting_since_, for kTaking and kPace
  std::size_t unread_ = 0;  ///< by the client, when that was last looked at
  EventLoop::Clock::time_point last_taken_;

  Wait waiting_ = Wait::kNothing;
  EventLoop::Clock::time_point waiting_since_;
  std::uint64_t progress_ = 0;  ///< bytes of the body received when the timer was set
  Timer timer_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace holdfast
