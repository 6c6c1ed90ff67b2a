/// \file conversation.h
/// What a session has to know of its DAP conversation, to be able to end it well. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::proxy {

/// Not thread-safe: the session's thread owns it.
class Conversation {
 public:
  /// Content of each message, in the order in which they are forwarded.
  void onClient(std::string_view content);
  void onEngine(std::string_view content);

  /// `clientName` of the client's `initialize`, or its `clientID`; printable, short.
  const std::string& clientName() const { return client_name_; }
  /// The client has begun to speak.
  bool begun() const { return client_seq_ > 0; }
  /// The engine has said the last of what it says to one who connects; not all have such a last.
  bool greeted() const { return greeted_; }
  /// The engine has answered a request.
  bool answered() const { return answered_; }
  /// A `disconnect` is on its way to the engine or was answered, be it the client's or ours.
  bool goodbyeSaid() const { return goodbye_seq_ != 0; }
  /// The engine has answered it: it has let the app run and has forgotten its breakpoints.
  bool goodbyeAnswered() const { return goodbye_answered_; }
  /// The engine has told the client that debugging is over.
  bool terminated() const { return terminated_; }

  /// Content of a request `disconnect` that lets the app live on, to be sent, and passed to
  /// onClient(), as the client's next.
  std::string goodbye() const;
  /// Content of an event `terminated`, to be sent as the engine's last.
  /// \param restart  the client is asked to attach anew
  std::string terminatedEvent(bool restart) const;

 private:
  void readClientName(std::string_view content);

  std::int64_t client_seq_ = 0;  ///< the highest so far
  std::int64_t engine_seq_ = 0;
  std::int64_t goodbye_seq_ = 0;
  bool greeted_ = false;
  bool answered_ = false;
  bool goodbye_answered_ = false;
  bool terminated_ = false;
  std::string client_name_;
};

}  // namespace holdfast::proxy
