/// \file stream_link.h
/// A slot carried by a stream socket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/front/fcgi_record.h"
#include "host/front/output_queue.h"
#include "host/platform/event_loop.h"
#include "host/worker/worker_link.h"

namespace holdfast {

class StreamLink : public SlotLink {
 public:
  /// \param name  for traces: the worker and the slot
  StreamLink(EventLoop& loop, Socket socket, std::function<std::string()> name = {});

  void setListener(Listener& listener) override { listener_ = &listener; }
  void sendRequest(std::uint16_t serial, std::string_view environ, bool has_body) override;
  bool sendInput(std::span<const std::byte> bytes) override;
  void endInput(bool complete) override;
  std::size_t unreadInput() const override { return out_.size() + socket_.unreadByPeer(); }
  void pauseAnswer(bool paused) override;
  void close() override;

 private:
  void watch();
  void onReady(Readiness ready);
  void onReadable();
  /// \return false if it is no message
  bool onFrame(RecordPiece& piece);
  bool onHead(std::string_view content, bool last);
  void traceFrame(const char* way, std::uint8_t type, std::size_t bytes) const;
  void flush();
  void lose(std::string_view why);

  EventLoop& loop_;
  Socket socket_;
  const std::function<std::string()> name_;
  Listener* listener_ = nullptr;
  RecordDecoder decoder_;
  OutputQueue out_;
  std::string head_;  ///< parts of a head that came in several frames
  std::uint16_t serial_ = 0;
  bool congested_ = false;
  bool paused_ = false;
  bool lost_ = false;
  std::unique_ptr<Watch> watch_;  ///< none while paused after the worker's end
};

}  // namespace holdfast
