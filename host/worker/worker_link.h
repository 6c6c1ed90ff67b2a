/// \file worker_link.h
/// One slot of a worker as the host sees it, whatever carries it: a stream
/// socket (stream_link.h); shared memory can stand beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "host/front/request.h"

namespace holdfast {

/// Belongs to the event loop's thread. Carries one request at a time.
class SlotLink {
 public:
  /// What comes from the slot.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onHead(const AnswerHead& head) = 0;
    /// \param chunk  as for Request::write; valid until onBatchEnd
    virtual void onChunk(std::span<std::byte> chunk) = 0;
    /// \param late  the answer had been complete before
    virtual void onFailed(std::string_view traceback, bool late) = 0;
    /// The answer is over and the slot is free.
    virtual void onEnd() = 0;
    /// All that came at one go has been told.
    virtual void onBatchEnd() = 0;
    /// After sendInput() returned false: it takes more.
    virtual void onInputTaken() = 0;
    /// Nothing more will come.
    /// \param why  empty: the carrier has ended; else what was wrong with what came
    virtual void onLost(std::string_view why) = 0;
  };

  virtual ~SlotLink() = default;
  virtual void setListener(Listener& listener) = 0;

  /// \param environ  from encodeEnviron()
  virtual void sendRequest(std::uint16_t serial, std::string_view environ, bool has_body) = 0;
  /// \return false: enough is waiting; go on at onInputTaken
  virtual bool sendInput(std::span<const std::byte> bytes) = 0;
  virtual void endInput(bool complete) = 0;
  /// Bytes given to sendInput() that the worker has not read yet, about; 0 only if it has read all.
  virtual std::size_t unreadInput() const = 0;
  /// While paused nothing of the answer is told: the app blocks when the carrier is full.
  virtual void pauseAnswer(bool paused) = 0;
  /// Ends the carrier, by which the slot's thread ends; the listener is not told.
  virtual void close() = 0;
};

}  // namespace holdfast
