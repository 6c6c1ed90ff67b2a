#include "proxy/web_socket/brief_upgrade.h"

#include <Poco/Exception.h>

#include <array>
#include <span>
#include <utility>

namespace holdfast::proxy {

namespace {
constexpr std::uint64_t kMaxFrame = 1024;
}

BriefUpgrade::BriefUpgrade(Kind kind, const Poco::Net::StreamSocket& socket, std::string out,
                           std::string leftover, Clock::time_point end)
    : kind_(kind),
      socket_(socket),
      out_(std::move(out)),
      leftover_(std::move(leftover)),
      decoder_(Role::kServer, kMaxFrame),
      closed_(kind == Kind::kRefusal),
      end_(end) {
  socket_.setBlocking(false);
}

bool BriefUpgrade::advance(Clock::time_point now) {
  if (now >= end_) return false;
  try {
    if (!take(leftover_) || !receive()) {
      send();  // a last close frame, if the peer takes it
      return false;
    }
    return send();
  } catch (const Poco::Exception&) {
    return false;  // the connection is lost, and nobody is interested
  }
}

bool BriefUpgrade::receive() {
  std::array<char, 2048> buffer;
  const int got = socket_.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
  if (got == 0) return false;
  if (got < 0) return true;
  std::string bytes(buffer.data(), static_cast<std::size_t>(got));
  return take(bytes);
}

/// \return whether there is more to come
bool BriefUpgrade::take(std::string& bytes) {
  std::span<std::byte> input(reinterpret_cast<std::byte*>(bytes.data()), bytes.size());
  FrameEvent event;
  while (true) {
    switch (decoder_.next(input, event)) {
      case FrameStatus::kNeedMore:
        bytes.clear();
        return true;
      case FrameStatus::kData:
        if (closed_) break;
        appendFrame(out_, Role::kServer, Opcode::kBinary, kProbeAnswer);
        close(CloseCode::kNormal, "");
        break;
      case FrameStatus::kPing:
      case FrameStatus::kPong:
        break;  // of no use in five seconds
      case FrameStatus::kClose:
        close(CloseCode::kNormal, "");
        return false;
      case FrameStatus::kError:
        close(event.code, event.text);
        return false;
    }
  }
}

void BriefUpgrade::close(CloseCode code, std::string_view reason) {
  if (!closed_) appendClose(out_, Role::kServer, code, reason);
  closed_ = true;
}

bool BriefUpgrade::send() {
  while (!out_.empty()) {
    const int sent = socket_.sendBytes(out_.data(), static_cast<int>(out_.size()));
    if (sent <= 0) return true;
    out_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace holdfast::proxy
