/// \file setting_rows_server.cpp
/// Settings that say how the site is served: listeners, workers, limits.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "config/addresses.h"
#include "config/setting_rows.h"
#include "config/trusted_hops.h"

namespace holdfast {
namespace {

using Server = Settings::Server;

constexpr unsigned kMaxProcesses = 512;
constexpr unsigned kMaxThreads = 512;
constexpr unsigned kMaxQueue = 100'000;
constexpr unsigned kMaxDefaultProcesses = 4;
constexpr unsigned kMaxRecycle = 1'000'000'000;

std::string printSocketMode(const Settings& settings) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", settings.server.socket_mode);
  return text;
}

Objection defaultWorkers(const SettingContext&, Settings& settings) {
  // 0 where the number of cores cannot be told.
  settings.server.workers =
      std::clamp(std::thread::hardware_concurrency(), 1u, kMaxDefaultProcesses);
  return std::nullopt;
}

Objection defaultShowErrors(const SettingContext& context, Settings& settings) {
  settings.server.show_errors = context.kind == SiteKind::kDev;
  return std::nullopt;
}

/// The path of a UNIX socket, too, is meant from where it is written.
template <auto kParse, auto kField>
Objection takeListener(const std::string& text, const SettingContext& context, Settings& settings) {
  static constexpr std::string_view kUnix = "unix:";
  const bool relative = text.starts_with(kUnix) && text.size() > kUnix.size() &&
                        text[kUnix.size()] != '/' && !context.directory.empty();
  if (!relative) return kParse(text, settings.server.*kField);
  const std::string path = (context.directory / text.substr(kUnix.size())).lexically_normal();
  return kParse(std::string(kUnix) + path, settings.server.*kField);
}

Objection takeCertificate(const std::string& text, const SettingContext& context,
                          Settings& settings) {
  Server& server = settings.server;
  if (context.notices && !server.channel.starts_with("tcp:")) {
    context.notices->push_back("is not used: TLS is only for a server.channel of tcp:HOST:PORT");
  }
  return parseFile(text, context.directory, server.channel_certificate);
}

Objection takeKey(const std::string& text, const SettingContext& context, Settings& settings) {
  if (settings.server.channel_certificate.empty()) {
    return "there is no server.channel_certificate: set both, or none";
  }
  return parseFile(text, context.directory, settings.server.channel_key);
}

Objection needKey(const SettingContext&, Settings& settings) {
  if (settings.server.channel_certificate.empty()) return std::nullopt;
  return "there is a server.channel_certificate, which is of no use without its key";
}

Objection takeTrustedHops(const std::string& text, const SettingContext&, Settings& settings) {
  return parseTrustedHops(text, settings.server.trusted_hops);
}
std::string printTrustedHops(const Settings& settings) {
  std::string text;
  for (const std::string& hop : settings.server.trusted_hops) {
    text += (text.empty() ? "" : ", ") + hop;
  }
  return text;
}

constexpr auto kServer = &Settings::server;

constexpr Setting kRows[] = {
    notForDev({"server.listen", "HOLDFAST_LISTEN", "--listen", true,
               "FastCGI listener, unix:PATH or tcp:HOST:PORT; default: none",
               "unix:/run/mysite.sock", takeListener<parseFastCgiAddress, &Server::listen>,
               printField<kServer, &Server::listen>}),
    row<parseHttpAddress, kServer, &Server::http>(
        "server.http", "HOLDFAST_HTTP", "--http",
        "embedded HTTP front end, tcp:HOST:PORT; default: none", "tcp:127.0.0.1:8000"),
    notForDev({"server.channel", "HOLDFAST_CHANNEL", "--channel", true,
               "listener of the debug channel, unix:PATH or tcp:HOST:PORT; default: none",
               "unix:/run/mysite-debug.sock", takeListener<parseChannelAddress, &Server::channel>,
               printField<kServer, &Server::channel>}),
    notForDev({"server.channel_certificate", "HOLDFAST_CHANNEL_CERTIFICATE",
               "--channel-certificate", true,
               "TLS on the debug channel: PEM file of its certificate; default: none",
               "/etc/ssl/mysite.pem", takeCertificate,
               printField<kServer, &Server::channel_certificate>}),
    notForDev({"server.channel_key", "HOLDFAST_CHANNEL_KEY", "--channel-key", true,
               "PEM file of that certificate's key; default: none", "/etc/ssl/mysite.key", takeKey,
               printField<kServer, &Server::channel_key>, needKey}),
    {"server.socket_mode", nullptr, "--socket-mode", false,
     "permissions of a UNIX socket, octal; default: 0660", "0660",
     takeValue<parseFileMode, kServer, &Server::socket_mode>, printSocketMode},
    notInYaml(row<parseOwner, kServer, &Server::socket_owner>(
        "server.socket_owner", nullptr, "--socket-owner",
        "owner of a UNIX socket, USER[:GROUP]; default: who starts the host", "www-data:www-data")),
    {"server.workers", "WSGI_WORKERS", "--workers", true,
     "Python processes, 1 to 512; default: one for each core, at most 4", "4",
     takeValue<countWithin<1, kMaxProcesses>, kServer, &Server::workers>,
     printField<kServer, &Server::workers>, defaultWorkers},
    row<countWithin<1, kMaxThreads>, kServer, &Server::threads>(
        "server.threads", "WSGI_THREADS", "--threads",
        "requests at a time in each worker, 1 to 512; default: 4", "4"),
    row<countWithin<0, kMaxQueue>, kServer, &Server::queue>(
        "server.queue", "WSGI_QUEUE", nullptr,
        "requests that may wait for a worker, above that 503; 0 to 100000; default: 100", "100"),
    {"server.show_errors", nullptr, nullptr, true,
     "tracebacks on error pages; default: only under `holdfast dev`", "true",
     takeValue<parseSwitch, kServer, &Server::show_errors>,
     printField<kServer, &Server::show_errors>, defaultShowErrors},
    {.key = "server.trusted_hops",
     .environment = nullptr,
     .option = nullptr,
     .in_yaml = true,
     .meaning = "from whom X-Forwarded-* is believed: addresses, networks, or unix for peers on a "
                "UNIX socket; default: unix",
     .example = "unix, 10.0.0.0/8",
     .parse = takeTrustedHops,
     .print = printTrustedHops,
     .list_separator = ", "},
    row<bytesWithin<1, 1024 * kGiB>, kServer, &Server::max_body>(
        "server.max_body", nullptr, nullptr,
        "largest body of a request, above it 413; default: 1 GiB", "1 GiB"),
    row<bytesWithin<1, kGiB>, kServer, &Server::body_memory>(
        "server.body_memory", nullptr, nullptr,
        "bytes of a body in memory, what is above it goes to a temporary file; default: 1 MiB",
        "64 KiB"),
    row<timeWithin<1, kDay>, kServer, &Server::request_timeout>(
        "server.request_timeout", "WSGI_REQUEST_TIMEOUT", nullptr,
        "time for the app to answer, and between pieces of the answer; default: 90 s", "90 s"),
    row<timeWithin<1, kDay>, kServer, &Server::send_timeout>(
        "server.send_timeout", nullptr, nullptr,
        "time for a client that does not take its answer; default: 60 s", "90 s"),
    row<timeWithin<0, kHour>, kServer, &Server::stop_timeout>(
        "server.stop_timeout", nullptr, nullptr,
        "time to finish what runs at a stop; default: 30 s", "30 s"),
    notInEffect(row<timeWithin<0, kDay>, kServer, &Server::linger>(
        "server.linger", nullptr, nullptr,
        "how long a host without front processes stays; default: 60 s", "90 s")),
    {"server.recycle_after", nullptr, nullptr, true,
     "requests after which a worker is replaced; default: off", "10000",
     takeValue<orOff<countWithin<1, kMaxRecycle>, unsigned>, kServer, &Server::recycle_after>,
     printOrOff<kServer, &Server::recycle_after>},
    {"server.recycle_memory", nullptr, nullptr, true,
     "memory of a worker above which it is replaced; default: off", "1 GiB",
     takeValue<orOff<bytesWithin<1024 * kKiB, 1024 * kGiB>, std::uint64_t>, kServer,
               &Server::recycle_memory>,
     printOrOff<kServer, &Server::recycle_memory>},
    {"server.recycle_age", nullptr, nullptr, true,
     "time after which a worker is replaced; default: off", "12 h",
     takeValue<orOff<timeWithin<kSecond, 365 * kDay>, std::chrono::milliseconds>, kServer,
               &Server::recycle_age>,
     printOrOff<kServer, &Server::recycle_age>},
};

}  // namespace

std::span<const Setting> serverRows() { return kRows; }

}  // namespace holdfast
