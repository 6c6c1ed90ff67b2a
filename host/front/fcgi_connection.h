/// \file fcgi_connection.h
/// Records <-> requests of one FastCGI connection (FastCGI 1.0, sections 3.3 to 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "host/front/fcgi_record.h"
#include "host/front/output_queue.h"
#include "host/front/request.h"
#include "host/front/taking_pace.h"
#include "host/platform/event_loop.h"

namespace holdfast {

/// What a web server may ask of one connection; above it the connection (or,
/// for the last, the request) is refused.
struct FcgiLimits {
  std::size_t params_bytes = 128 * 1024;  ///< encoded PARAMS of one request
  std::size_t params_pairs = 1000;
  std::size_t requests_per_connection = 64;  ///< at once; the next: FCGI_OVERLOADED
  BodyLimits body;
  /// In each such time at least `least_bytes` of an answer must be taken, or all of it.
  std::chrono::milliseconds send_time{60'000};
  std::uint64_t least_bytes = 16 * 1024;
};

/// What FCGI_GET_VALUES is answered (section 4.1).
struct FcgiCapacity {
  std::size_t connections = 0;
  std::size_t requests = 0;
};

class FcgiRequest;

/// Belongs to the event loop's thread.
class FcgiConnection {
 public:
  /// What a connection tells the listener that owns it.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Between requests or not: an idle connection may be closed to make room.
    virtual void onIdle(FcgiConnection& connection, bool idle) = 0;
    /// It is closed; to be destroyed, though not within this call.
    virtual void onClosed(FcgiConnection& connection) = 0;
    /// It has answered by itself, so that no line of a request says so. \param what  for the log
    virtual void onRefused(const std::string& what) = 0;
  };

  FcgiConnection(EventLoop& loop, Socket socket, std::uint64_t number, const FcgiLimits& limits,
                 const FcgiCapacity& capacity, const RequestSink& sink,
                 const FinishedSink& on_finished, Owner& owner);
  ~FcgiConnection();

  /// Without waiting for the event loop to say that there is something to read.
  void readAtOnce() { onReady({true, false, false}); }
  void close();
  /// As soon as what was written is out.
  void closeWhenSent();
  bool hasUnsent() const { return !out_.empty(); }

  enum class Use {
    kIdle,       ///< between requests
    kReceiving,  ///< part of a request's beginning has come
    kBusy,
    kClosed,
  };
  /// Reads what has come, and tells what the connection is doing.
  Use look();

  /// For the owner's list of idle connections.
  std::list<FcgiConnection*>::iterator idle_position;
  bool is_idle = false;

 private:
  friend class FcgiRequest;
  enum class State { kOpen, kClosing, kLingering, kClosed };

  void onReady(Readiness ready);
  void onReadable();
  void onRecord(RecordPiece& piece);
  void onManagement(const RecordPiece& piece);
  void onBegin(const RecordPiece& piece);
  void onParams(FcgiRequest& request, const RecordPiece& piece);
  void onStdin(FcgiRequest& request, const RecordPiece& piece);
  /// The client, or we, gave it up. \param status  of an answer without a body, if none had begun;
  ///   0: no answer
  void giveUp(FcgiRequest& request, int status);
  void decodeParams(FcgiRequest& request);
  void deliverArrived();

  FcgiRequest* find(std::uint16_t request_id);
  void refuse(std::uint16_t request_id, bool keep_connection, std::uint8_t protocol_status);
  void endRequest(FcgiRequest& request, std::uint32_t app_status, RequestEnd end);
  void forget(FcgiRequest& request, RequestEnd end);
  void malformed(const std::string& why);
  /// \param way  `<-` from the web server, `->` to it
  void traceRecord(const char* way, std::uint8_t type, std::uint16_t request_id,
                   std::size_t bytes) const;
  /// \return false if the connection broke
  bool flush();
  void tellTaken();
  void tellFinished();
  void tellUnfinished();
  void watchTaking();
  void onTakingTime();
  void cutSlowPeer(std::uint64_t taken);
  void onPeerGone();
  void updateInterest();
  bool bodyWindowFull() const;

  EventLoop& loop_;
  Socket socket_;
  const std::uint64_t number_;
  const FcgiLimits& limits_;
  const FcgiCapacity& capacity_;
  const RequestSink& sink_;
  const FinishedSink& on_finished_;
  Owner& owner_;
  State state_ = State::kOpen;
  RecordDecoder decoder_;
  OutputQueue out_;
  std::vector<std::shared_ptr<FcgiRequest>> arrived_;   ///< complete params, not yet delivered
  std::vector<std::shared_ptr<FcgiRequest>> requests_;  ///< active ones, seldom more than one
  std::deque<std::shared_ptr<FcgiRequest>> leaving_;    ///< ended, and part of it is in out_
  bool peer_gone_ = false;
  bool unread_stdin_ = false;  ///< the last answered request's body has not all come
  std::unique_ptr<Watch> watch_;
  Timer linger_;
  Timer taking_;  ///< runs on after all was taken, so that most answers need not touch it
  EventLoop::Clock::time_point taking_since_;  ///< {}: nothing waits to be taken
  TakingPace pace_;                            ///< since taking_since_
};

}  // namespace holdfast
