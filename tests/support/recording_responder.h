/// \file recording_responder.h
/// A responder that does what the test says. Like all responders it belongs to the event loop's
/// thread.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/front/request.h"
#include "tests/support/bytes.h"

namespace holdfast {

/// Gives a chunk to a request with the scratch in front of it that Request::write() asks for.
inline void writeChunk(Request& request, std::string_view text) {
  std::vector<std::byte> chunk(Request::kHeadroomBytes + text.size());
  if (!text.empty()) std::memcpy(chunk.data() + Request::kHeadroomBytes, text.data(), text.size());
  request.write(std::span(chunk).subspan(Request::kHeadroomBytes));
  request.flush();  // the chunk ends with this function
}

class RecordingResponder : public Responder {
 public:
  explicit RecordingResponder(std::shared_ptr<Request> given, bool takes = true)
      : request(std::move(given)), takes_body(takes) {
    request->setResponder(this);
    complete_at_delivery = request->body.finished();
    onBody();
  }
  RecordingResponder(const RecordingResponder&) = delete;
  RecordingResponder& operator=(const RecordingResponder&) = delete;
  ~RecordingResponder() override {
    if (request) request->setResponder(nullptr);
  }

  void onBody() override {
    if (!takes_body || !request) return;
    while (!request->body.empty()) {
      body += asText(request->body.view());
      request->body.take(request->body.view().size());
    }
    complete = request->body.finished();
    request->onBodyTaken();
  }
  void onAnswerTaken() override { ++answers_taken; }
  void onClientGone() override { ++clients_gone; }

  /// The whole answer.
  void answer(std::string_view text, int status = 200) {
    AnswerHead head;
    head.status = status;
    head.headers = {{"Content-Type", "text/plain"}};
    request->start(head);
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), Request::kMaxChunkBytes))) {
      writeChunk(*request, text.substr(0, Request::kMaxChunkBytes));
    }
    finish();
  }
  void finish() { release()->finish(); }
  void cut() { release()->cut(); }

  std::shared_ptr<Request> release() {
    request->setResponder(nullptr);
    return std::exchange(request, nullptr);
  }

  std::string uri() const { return std::string(request->params.get("REQUEST_URI")); }

  std::shared_ptr<Request> request;
  bool takes_body;
  std::string body;
  bool complete = false;              ///< the end of the body has come
  bool complete_at_delivery = false;  ///< it was there from the beginning
  int answers_taken = 0;
  int clients_gone = 0;
};

}  // namespace holdfast
