#include "deploy/generate/generate_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

#include "deploy/generate/configurations.h"

namespace holdfast::deploy {

namespace fs = std::filesystem;

namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

/// In the first line of what we make.
constexpr char kMark[] = "Made by `holdfast generate ";

bool isForeign(const fs::path& file) {
  std::ifstream there(file);
  std::string line;
  return there && std::getline(there, line) && line.find(kMark) == std::string::npos;
}

int writeTo(const fs::path& file, const std::string& text, std::ostream& out, std::ostream& err) {
  if (isForeign(file)) {
    err << "holdfast: " << file.string()
        << " is there, and was not made by this command: move it away, or write to another file\n";
    return kFailed;
  }
  errno = 0;
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    err << "holdfast: " << file.string() << " cannot be written: " << std::strerror(errno) << '\n';
    return kFailed;
  }
  out << file.string() << " is written; its first lines say how to enable and check it\n";
  return kDone;
}

bool trusts(const Settings& settings, const Backend& channel) {
  const std::vector<std::string>& hops = settings.server.trusted_hops;
  return std::any_of(hops.begin(), hops.end(), [&](const std::string& hop) {
    return channel.is_unix ? hop == "unix" : hop.starts_with("127.") || hop.starts_with("::1");
  });
}

/// Only a web server that is believed can say that the secret came by TLS.
void warnOfDistrust(const WebSite& site, const Settings& settings, std::ostream& err) {
  if (!site.channel || trusts(settings, *site.channel)) return;
  err << "holdfast: warning: the host will not believe the web server that debuggers came by TLS, "
         "and refuse them: add "
      << (site.channel->is_unix ? "unix" : "127.0.0.1") << " to server.trusted_hops\n";
}

}  // namespace

int generate(const GenerateOptions& options, const Settings& settings, const fs::path& directory,
             const std::string& write, std::ostream& out, std::ostream& err) {
  try {
    const WebSite site = webSite(options, settings, directory);
    const std::string text = configurationFor(options.server, site);
    warnOfDistrust(site, settings, err);
    if (!write.empty()) return writeTo(directory / write, text, out, err);
    out << text;
    return kDone;
  } catch (const WrongSite& problem) {
    err << "holdfast: " << problem.what() << '\n';
    return kWrongUsage;
  }
}

}  // namespace holdfast::deploy
