/// \file request.h
/// One request, as every front end gives it and as a responder answers it.
///
///     web server -> front end -> Request -> Responder (a worker's slot)
///     web server <- front end <- start, write ..., finish <-
///
/// Everything here is called on the event loop's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/front/body_buffer.h"
#include "host/front/finished_request.h"
#include "host/front/params.h"
#include "host/platform/socket.h"

namespace holdfast {

/// Status line and headers of an answer (PEP 3333, "The start_response() Callable").
struct AnswerHead {
  using Header = std::pair<std::string, std::string>;
  int status = 200;             ///< three digits
  std::string reason;           ///< may be empty
  std::vector<Header> headers;  ///< in the app's order, repeated names kept; latin-1
};

/// When what happened to a request and what came of it, for the log and for `holdfast status`.
/// Whoever knows fills it in.
struct RequestTrail {
  using Clock = std::chrono::steady_clock;
  Clock::time_point received = Clock::now();  ///< it was given to whoever answers it
  /// Of the time since then: it waited while the debug lane was held, which no limit counts.
  Clock::duration uncounted{0};
  Clock::time_point assigned;    ///< a worker has it; {}: none ever had
  Clock::time_point answered;    ///< the end of its answer is given to the front end; {}: not yet
  int worker = 0;                ///< pid of that worker
  int status = 0;                ///< of its answer, once that has begun
  std::uint64_t body_bytes = 0;  ///< of the answer, given to the front end
};

/// Whoever answers a request. A front end tells it what happens on the client's side.
class Responder {
 public:
  virtual ~Responder() = default;
  /// More of the body is in `Request::body`, or its end.
  virtual void onBody() = 0;
  /// The front end took what it had been given, after flush() returned false.
  virtual void onAnswerTaken() = 0;
  /// The client left or the web server gave the request up: nothing that is
  /// written from now on reaches anybody. The request forgets the responder.
  virtual void onClientGone() = 0;
};

/// A connection that its front end has given away.
struct Upgraded {
  Socket socket;
  std::string leftover;  ///< what the client has sent behind the request's head
};

/// A request and the way back to its client. Owned jointly by the front end and
/// the responder; the front end may lose its client first, then answering is
/// harmless and does nothing.
class Request : public std::enable_shared_from_this<Request> {
 public:
  /// A front end may overwrite so many bytes in front of a chunk given to write().
  static constexpr std::size_t kHeadroomBytes = 8;
  /// A chunk given to write() is at most so long (one FastCGI record).
  static constexpr std::size_t kMaxChunkBytes = 65535;
  /// A front end reads no more of the body while so much of it is untaken.
  static constexpr std::size_t kBodyWindowBytes = 256 * 1024;
  /// flush() returns false from so much unsent answer on.
  static constexpr std::size_t kAnswerWindowBytes = 256 * 1024;

  explicit Request(const BodyLimits& limits = {}) : body(limits) {}
  virtual ~Request() = default;

  std::string id;                 ///< names the request in log and error page
  Params params;                  ///< as FastCGI gives them, whatever the front end
  bool from_trusted_hop = false;  ///< TrustedHops has believed what its peer says of the client
  bool from_mod_fcgid = false;    ///< its listener was (InheritedListener)
  BodyBuffer body;
  RequestTrail trail;

  /// \param responder  outlives its interest: set to null when the answer ended
  void setResponder(Responder* responder) { responder_ = responder; }

  /// Body was taken out of `body`: the front end may read on.
  virtual void onBodyTaken() = 0;

  // The answer: start, write ..., then finish or cut.
  virtual void start(const AnswerHead& head) = 0;
  /// \param chunk  at most kMaxChunkBytes; the kHeadroomBytes before it are
  ///   scratch for the front end; valid until the next flush(), finish() or cut()
  virtual void write(std::span<std::byte> chunk) = 0;
  /// Sends what start() and write() were given.
  /// \return false: enough is waiting; go on at Responder::onAnswerTaken
  virtual bool flush() = 0;
  virtual void finish() = 0;
  /// The answer ends here, unfinished: the client shall see that it is broken.
  virtual void cut() = 0;

  /// Whether its connection may become something else than HTTP: it came by HTTP/1.1, has no body,
  /// and its answer has not begun.
  virtual bool canUpgrade() const { return false; }
  /// Instead of an answer, where canUpgrade(): the connection is the caller's, without limits and
  /// deadlines; nothing has been sent on it. The request is over: its front end concludes it as
  /// finished, with `trail.status` as the caller has set it.
  /// \return an empty socket where canUpgrade() is false
  virtual Upgraded takeOver() { return {}; }

  /// Tells what became of it. Once: when its answer is out, or nobody waits for it any more.
  void conclude(const FinishedSink& sink, RequestEnd end) const;

  /// Sends the web server something that means nothing, so that it goes on waiting for the answer,
  /// which has not begun: a FastCGI record of FCGI_STDERR with padding alone. By HTTP there is
  /// nothing of that kind.
  virtual void pad() {}

  /// Says on the web server's error channel (FCGI_STDERR) what went wrong.
  /// Only for errors, before finish() or cut(): some servers turn it into a 500.
  virtual void reportError(std::string_view text) = 0;

 protected:
  Responder* responder_ = nullptr;
};

/// A whole body, or a part of it, as chunks, each flushed.
void writeAll(Request& request, std::string_view text);

/// Where front ends deliver a request as soon as its params are complete; the
/// body may still be arriving.
using RequestSink = std::function<void(std::shared_ptr<Request>)>;

/// A fresh Request::id: unique within this host, unlikely to occur in another's log.
std::string nextRequestId();

/// "request 1a2b-000001 (GET /path?...)", fit for a line of the log: printable, bounded, and
/// without the query, which may hold tokens.
std::string describe(const Request& request);

/// The reason phrase of RFC 9110 for a status that came without one.
std::string reasonFor(int status);

}  // namespace holdfast
