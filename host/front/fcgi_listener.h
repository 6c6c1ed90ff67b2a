/// \file fcgi_listener.h
/// Accepts FastCGI connections and keeps them.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "host/front/fcgi_connection.h"
#include "host/rare_warning.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class FcgiListener : public FcgiConnection::Owner {
 public:
  /// \param capacity  told to web servers that ask; its `connections` is the
  ///   limit: above it the connection that has been idle longest gives way, and
  ///   where none is idle new ones wait in the listen queue
  FcgiListener(EventLoop& loop, Socket listener, const FcgiLimits& limits,
               const FcgiCapacity& capacity, RequestSink sink, FinishedSink on_finished = {});
  ~FcgiListener() override;

  /// Also for the connections that there are.
  void setLimits(const FcgiLimits& limits, const FcgiCapacity& capacity) {
    limits_ = limits;
    capacity_ = capacity;
  }

  /// Accepts there from now on. Who had connected to the old socket is not lost as long as there is
  /// room; connections go on.
  void moveTo(Socket listener);
  /// No new connections; those that are idle end, the others when they become idle.
  void drain();
  std::size_t connections() const { return connections_.size(); }
  /// Connections with a request that is being answered or an answer that is not all sent.
  std::size_t unfinished() const;

 private:
  void onReady();
  bool acceptOne();
  bool makeRoom();
  void pauseAccepting();
  void onIdle(FcgiConnection& connection, bool idle) override;
  void onClosed(FcgiConnection& connection) override;
  void onRefused(const std::string& what) override { refused_.say(what); }

  EventLoop& loop_;
  Socket listener_;
  FcgiLimits limits_;
  FcgiCapacity capacity_;
  const RequestSink sink_;
  const FinishedSink on_finished_;
  std::unordered_map<FcgiConnection*, std::unique_ptr<FcgiConnection>> connections_;
  std::list<FcgiConnection*> idle_;  ///< longest idle first
  std::uint64_t next_number_ = 1;
  bool draining_ = false;
  std::unique_ptr<Watch> watch_;
  Timer pause_;
  RareWarning cannot_accept_;
  RareWarning too_many_;
  RareWarning refused_;
};

}  // namespace holdfast
