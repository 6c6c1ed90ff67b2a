/// \file log_message.h
/// What goes through Poco's logger; also for a test that wants to see it.
#pragma once

#include <Poco/Message.h>

#include "host/log_line.h"

namespace holdfast::log {

/// The logger "holdfast" has no others.
class LogMessage : public Poco::Message {
 public:
  LogMessage(Priority priority, const std::string& text, Fields the_fields = {})
      : Message("holdfast", text, priority), fields(std::move(the_fields)) {}

  Fields fields;
};

/// \param message  a LogMessage, which is referred to
Event eventOf(const Poco::Message& message);

}  // namespace holdfast::log
