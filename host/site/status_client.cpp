#include "host/site/status_client.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantities.h"
#include "host/platform/event_loop.h"
#include "host/site/shown_text.h"
#include "host/site/status_socket.h"
#include "host/site/status_text.h"

namespace holdfast {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

/// Far above what a host says; whoever says more is none.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::size_t kMostDepth = 16;

/// One host that is asked.
class Asked {
 public:
  Asked(EventLoop& loop, PrivateSocket where, std::function<void()> on_done)
      : where_(std::move(where)), on_done_(std::move(on_done)), loop_(loop) {
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

  /// What it said. \return null with the problem
  Object::Ptr document(std::string& problem) const {
    problem = problem_;
    if (!problem.empty()) return {};
    try {
      Poco::JSON::ParseHandler::Ptr handler = new Poco::JSON::ParseHandler(true);
      Poco::JSON::Parser parser(handler);
      parser.setDepth(kMostDepth);
      return parser.parse(answer_).extract<Object::Ptr>();
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
    answer_.append(reinterpret_cast<const char*>(buffer.data()), result.bytes);
    if (answer_.size() > kMostBytes) end("says more than any host would");
  }

  void end(const std::string& problem) {
    problem_ = problem;
    watch_.reset();
    on_done_();
  }

  PrivateSocket where_;
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
      hosts_.push_back(std::make_unique<Asked>(loop_, socket, [this] { stopWhenDone(); }));
    }
    const Timer limit = loop_.after(patience, [this, patience] {
      const std::string why = "has not answered within " + durationText(patience);
      for (const auto& host : hosts_) {
        if (!host->isDone()) host->giveUp(why);
      }
    });
    if (!allDone()) loop_.run();
  }

  const std::vector<std::unique_ptr<Asked>>& hosts() const { return hosts_; }

 private:
  bool allDone() const {
    return std::all_of(hosts_.begin(), hosts_.end(),
                       [](const auto& host) { return host->isDone(); });
  }
  void stopWhenDone() {
    if (allDone()) loop_.stop();
  }

  EventLoop loop_;
  std::vector<std::unique_ptr<Asked>> hosts_;
};

struct Silent {
  PrivateSocket where;
  std::string problem;
};

struct Answers {
  std::vector<Object::Ptr> hosts;  ///< of the wanted site
  std::vector<Silent> silent;
  std::vector<std::string> others;  ///< app roots of hosts that were not wanted
};

bool isSameFolder(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  const auto first = std::filesystem::weakly_canonical(one, error);
  return first == std::filesystem::weakly_canonical(other, error);
}

Answers ask(const StatusQuestion& question, const FoundSockets& found) {
  Answers answers;
  const Inquiry inquiry(found.sockets, question.patience);
  for (const auto& asked : inquiry.hosts()) {
    if (asked->isDead()) continue;
    std::string problem;
    Object::Ptr host = asked->document(problem);
    if (!host) {
      answers.silent.push_back({asked->where(), problem});
      continue;
    }
    host->set("user", userName(asked->where().owner));
    const auto root = host->optValue<std::string>("app_root", "");
    if (question.app_root.empty() || isSameFolder(root, question.app_root)) {
      answers.hosts.push_back(host);
    } else {
      answers.others.push_back(root);
    }
  }
  // Whether it serves the wanted site cannot be known; if that has answered, it does not matter.
  if (!question.app_root.empty() && !answers.hosts.empty()) answers.silent.clear();
  return answers;
}

void printJson(const Answers& answers, std::ostream& out) {
  Array::Ptr hosts = new Array;
  for (const Object::Ptr& host : answers.hosts) hosts->add(host);
  Array::Ptr silent = new Array;
  for (const Silent& host : answers.silent) {
    Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
    object->set("pid", host.where.pid);
    object->set("user", userName(host.where.owner));
    object->set("problem", host.problem);
    silent->add(object);
  }
  Object::Ptr document = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
  document->set("hosts", hosts);
  document->set("silent", silent);
  document->stringify(out, 2);
  out << '\n';
}

void printText(const Answers& answers, std::ostream& out) {
  const char* separator = "";
  for (const Object::Ptr& host : answers.hosts) {
    out << separator << statusText(*host);
    separator =
        "\n--------------------------------------------------------------------------------\n\n";
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + shownText(name, 200);
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
  for (const Silent& host : answers.silent) {
    err << "holdfast: the host with pid " << host.where.pid << " of " << userName(host.where.owner)
        << ' ' << host.problem << ": look into its log; if it hangs, kill it and start it anew\n";
  }
  if (answers.hosts.empty() && answers.silent.empty()) explainNone(question, found, answers, err);
  return !answers.hosts.empty() && answers.silent.empty();
}

}  // namespace holdfast
