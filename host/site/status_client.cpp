#include "host/site/status_client.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantities.h"
#include "host/platform/event_loop.h"
#include "host/site/shown_text.h"
#include "host/site/status_answer.h"
#include "host/site/status_socket.h"
#include "host/site/status_text.h"

namespace holdfast {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

using Clock = std::chrono::steady_clock;

/// What one user has in other people's hands: root asks the hosts of all, and whatever calls itself
/// one.
struct Share {
  std::size_t bytes_left = 8 * kMostAnswerBytes;
  std::size_t sockets_left = 64;
};
/// What is left then of the patience, for those that answered in time.
constexpr std::chrono::seconds kGrace{1};
constexpr std::size_t kRootBytes = 200;
constexpr char kSaysTooMuch[] = "says more than any host would";

std::string silenceFor(std::chrono::milliseconds patience) {
  return "has not answered within " + durationText(patience);
}

/// One host that is asked.
class Asked {
 public:
  Asked(EventLoop& loop, PrivateSocket where, Share& share, std::function<void()> on_done)
      : where_(std::move(where)), share_(share), on_done_(std::move(on_done)), loop_(loop) {
    std::error_code error;
    socket_ = connectPrivately(where_, error);
    // So little goes in without waiting, or the host is gone.
    const auto request = std::as_bytes(std::span(StatusSocket::kRequest));
    if (!socket_) {
      dead_ =
          error == std::errc::connection_refused || error == std::errc::no_such_file_or_directory;
      const bool crowd = error == std::errc::resource_unavailable_try_again;
      problem_ = crowd ? "has too many that ask it" : error.message();
    } else if (socket_.write(request).bytes != request.size()) {
      problem_ = "takes no question";
    } else {
      watch_ = std::make_unique<Watch>(loop, socket_.handle(), true, false,
                                       [this](Readiness) { read(); });
    }
  }

  bool isDone() const { return !watch_; }
  /// Nobody listens there any more.
  bool isDead() const { return dead_; }
  const PrivateSocket& where() const { return where_; }
  void giveUp(const std::string& why) { end(why); }

  /// What it said; that is forgotten here. \return null with the problem
  Object::Ptr takeDocument(std::string& problem) {
    problem = problem_;
    const std::string answer = std::exchange(answer_, {});
    if (!problem.empty()) return {};
    if (!isCheapToParse(answer)) {
      problem = kSaysTooMuch;
      return {};
    }
    try {
      Poco::JSON::ParseHandler::Ptr handler = new Poco::JSON::ParseHandler(true);
      Poco::JSON::Parser parser(handler);
      return parser.parse(answer).extract<Object::Ptr>();
    } catch (const Poco::Exception&) {
      problem = "ended its answer in the middle, or is no host";
      return {};
    }
  }

 private:
  void read() {
    const std::span<std::byte> buffer = loop_.readBuffer();
    const IoResult result = socket_.read(buffer);
    if (result.wouldBlock()) return;
    if (!result.ok()) return end("");
    const bool too_much =
        result.bytes > share_.bytes_left || answer_.size() + result.bytes > kMostAnswerBytes;
    if (too_much) return end(kSaysTooMuch);
    share_.bytes_left -= result.bytes;
    answer_.append(reinterpret_cast<const char*>(buffer.data()), result.bytes);
  }

  void end(const std::string& problem) {
    problem_ = problem;
    if (!problem.empty()) answer_ = {};
    watch_.reset();
    socket_.close();
    on_done_();
  }

  PrivateSocket where_;
  Share& share_;
  std::function<void()> on_done_;
  EventLoop& loop_;
  Socket socket_;
  std::unique_ptr<Watch> watch_;
  std::string answer_;
  std::string problem_;
  bool dead_ = false;
};

/// Asks all at once, so that those who are silent cost their time only once.
class Inquiry {
 public:
  Inquiry(const std::vector<PrivateSocket>& sockets, std::chrono::milliseconds patience) {
    for (const PrivateSocket& socket : sockets) {
      Share& share = shares_[socket.owner];
      if (!isThisUser(socket.owner) && share.sockets_left-- == 0) {
        share.sockets_left = 0;
        ++passed_over_[socket.owner];
        continue;
      }
      hosts_.push_back(std::make_unique<Asked>(loop_, socket, share, [this] { stopWhenDone(); }));
    }
    const Timer limit = loop_.after(patience, [this, patience] {
      const std::string why = silenceFor(patience);
      for (const auto& host : hosts_) {
        if (!host->isDone()) host->giveUp(why);
      }
    });
    if (!allDone()) loop_.run();
  }

  const std::vector<std::unique_ptr<Asked>>& hosts() const { return hosts_; }
  /// Users with too many sockets, and how many of them were not asked.
  const std::map<unsigned, std::size_t>& passedOver() const { return passed_over_; }

 private:
  bool allDone() const {
    return std::all_of(hosts_.begin(), hosts_.end(),
                       [](const auto& host) { return host->isDone(); });
  }
  void stopWhenDone() {
    if (allDone()) loop_.stop();
  }

  EventLoop loop_;
  std::map<unsigned, Share> shares_;  ///< by user
  std::map<unsigned, std::size_t> passed_over_;
  std::vector<std::unique_ptr<Asked>> hosts_;
};

struct Silent {
  PrivateSocket where;
  std::string problem;
};

struct Answers {
  std::vector<std::string> hosts;  ///< of the wanted site, as they are printed
  std::vector<Silent> silent;
  std::vector<std::string> others;  ///< app roots of hosts that were not wanted
  std::vector<std::string> problems;
};

std::string jsonText(const Object& host) {
  std::ostringstream text;
  host.stringify(text, 2);
  return terminalJson(text.str());
}

bool isSameFolder(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  const auto first = std::filesystem::weakly_canonical(one, error);
  return first == std::filesystem::weakly_canonical(other, error);
}

Answers ask(const StatusQuestion& question, const FoundSockets& found) {
  Answers answers;
  const Clock::time_point end = Clock::now() + question.patience;
  const Inquiry inquiry(found.sockets, question.patience);
  for (const auto& asked : inquiry.hosts()) {
    if (asked->isDead()) continue;
    std::string problem;
    // One after the other, so that what was parsed of one is gone before the next.
    Object::Ptr host = asked->takeDocument(problem);
    if (host && Clock::now() > end + kGrace) {
      host = nullptr;
      problem = silenceFor(question.patience);
    }
    if (!host) {
      answers.silent.push_back({asked->where(), problem});
      continue;
    }
    host->set("user", userName(asked->where().owner));
    const auto root = host->optValue<std::string>("app_root", "");
    if (question.app_root.empty() || isSameFolder(root, question.app_root)) {
      answers.hosts.push_back(question.json ? jsonText(*host) : statusText(*host));
    } else {
      answers.others.push_back(shownText(root, kRootBytes));
    }
  }
  for (const auto& [user, count] : inquiry.passedOver()) {
    answers.problems.push_back(std::to_string(count) + " sockets of " + userName(user) +
                               ", who has more than anybody would");
  }
  // Whether it serves the wanted site cannot be known; if that has answered, it does not matter.
  if (!question.app_root.empty() && !answers.hosts.empty()) answers.silent.clear();
  return answers;
}

void printJson(const Answers& answers, std::ostream& out) {
  out << "{\n  \"hosts\": [";
  const char* separator = "\n";
  for (const std::string& host : answers.hosts) {
    out << std::exchange(separator, ",\n") << host;
  }
  Array::Ptr silent = new Array;
  for (const Silent& host : answers.silent) {
    Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
    object->set("pid", host.where.pid);
    object->set("user", userName(host.where.owner));
    object->set("problem", host.problem);
    silent->add(object);
  }
  out << "\n  ],\n  \"silent\": ";
  silent->stringify(out, 2);
  out << "\n}\n";
}

void printText(const Answers& answers, std::ostream& out) {
  const char* separator = "";
  for (const std::string& host : answers.hosts) {
    out << separator << host;
    separator =
        "\n--------------------------------------------------------------------------------\n\n";
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void explainNone(const StatusQuestion& question, const FoundSockets& found, const Answers& answers,
                 std::ostream& err) {
  err << "holdfast: no host ";
  if (!question.app_root.empty()) {
    err << "for " << shownText(question.app_root.string(), 400) << ' ';
  }
  err << "is running that " << thisUserName() << " may ask.\n";
  if (!answers.others.empty()) err << "  Others serve: " << joined(answers.others) << '\n';
  if (!found.others.empty()) {
    err << "  Hosts of other users (" << joined(found.others)
        << ") answer only to them and to root: sudo holdfast status\n";
  }
  err << "  To start one: holdfast serve --help, or holdfast dev --help.\n"
         "  If it should be running, its log says why it is not; under systemd, PrivateTmp=yes "
         "hides it.\n";
}

}  // namespace

bool printStatus(const StatusQuestion& question, std::ostream& out, std::ostream& err) {
  const FoundSockets found = findPrivateSockets(question.places);
  const Answers answers = ask(question, found);
  if (question.json) {
    printJson(answers, out);
  } else {
    printText(answers, out);
  }
  out.flush();
  for (const std::string& problem : found.problems) {
    err << "holdfast: passed over: " << shownText(problem, 400) << '\n';
  }
  for (const std::string& problem : answers.problems) {
    err << "holdfast: passed over: " << problem << '\n';
  }
  for (const Silent& host : answers.silent) {
    err << "holdfast: the host with pid " << host.where.pid << " of " << userName(host.where.owner)
        << ' ' << host.problem << ": look into its log; if it hangs, kill it and start it anew\n";
  }
  if (answers.hosts.empty() && answers.silent.empty()) explainNone(question, found, answers, err);
  return !answers.hosts.empty() && answers.silent.empty();
}

}  // namespace holdfast
