#include "proxy/hold_words.h"

#include <chrono>

#include "proxy/gate/audit.h"

namespace holdfast::proxy {

namespace {

using std::chrono::seconds;

/// As settings of web servers have it: `60 s` rather than `1 min`.
std::string limitText(std::chrono::milliseconds limit) {
  const auto whole = std::chrono::duration_cast<seconds>(limit);
  return whole < seconds(120) && whole >= seconds(1) ? std::to_string(whole.count()) + " s"
                                                     : inWords(limit);
}

std::string waitingText(const HeldRequestReport& request) {
  if (!request.is_waited_for) return "nobody waits for it just now";
  const std::string who = request.front_end.empty() ? "the web server" : request.front_end;
  if (!request.limit) return who + " waits without a limit";
  return who + " waits " + limitText(*request.limit);
}

}  // namespace

std::string placeText(const Hold& hold) {
  std::string text = hold.file;
  if (!text.empty() && hold.line > 0) text += ':' + std::to_string(hold.line);
  if (!hold.function.empty()) text += (text.empty() ? "in " : " in ") + hold.function;
  if (!hold.thread.empty()) text += (text.empty() ? "(" : " (") + hold.thread + ')';
  return text;
}

std::string patienceText(const HeldRequestReport& request) {
  std::string text = request.is_answered ? "answered, " : "";
  text += request.keeper == "none" ? "nothing more keeps it" : "kept by " + request.keeper;
  text += ", " + waitingText(request);
  if (request.left) text += ", " + inWords(*request.left) + " left";
  if (request.hand_offs == 1) text += ", handed on once";
  if (request.hand_offs > 1) {
    text += ", handed on " + std::to_string(request.hand_offs) + " times";
  }
  return text;
}

}  // namespace holdfast::proxy
