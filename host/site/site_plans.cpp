#include "host/site/site_plans.h"

#include <algorithm>

#include "config/worker_environment.h"
#include "host/platform/environment.h"
#include "host/platform/listening.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// Descriptors that are neither connections nor workers' slots and pipes.
constexpr std::size_t kReservedDescriptors = 128;
constexpr std::size_t kMaxConnections = 8192;
/// However low the limit of descriptors is.
constexpr std::size_t kLeastConnections = 16;
constexpr std::size_t kMaxChannelConnections = 256;
constexpr std::size_t kKiB = 1024;
/// A request's time is looked at from time to time only, and then the stacks take theirs.
constexpr auto kDrainReserve = 5s;

WorkerPlan workerPlanFor(const Settings& settings) {
  WorkerPlan plan;
  plan.python = settings.app.python;
  plan.root = settings.app.root.string();
  plan.handler = settings.app.handler;
  plan.paths = {settings.app.mount, settings.app.script_name_from_server};
  plan.activate = settings.app.virtualenv_activate;
  plan.telemetry_key = settings.app.telemetry_key;
  plan.threads = settings.server.threads;
  plan.multiprocess = settings.server.workers > 1;
  plan.environment = workerEnvironment(settings, currentEnvironment());
  plan.request_timeout = settings.server.request_timeout;
  // Whatever is not endless has been answered by then.
  plan.drain_timeout =
      std::max(settings.server.stop_timeout, settings.server.request_timeout) + kDrainReserve;
  return plan;
}

/// Of the channel's listener: the socket, and with TLS what its pump has besides.
std::size_t descriptorsOfEach(const Settings::Server& server) {
  return server.channel_certificate.empty() ? 1 : 4;
}

/// Connections to the channel's listener that there may be.
std::size_t channelConnections(const Settings::Server& server, std::size_t descriptor_limit) {
  if (server.channel.empty()) return 0;
  const std::size_t share = descriptor_limit / 4 / descriptorsOfEach(server);
  return std::clamp(share, kLeastConnections, kMaxChannelConnections);
}

}  // namespace

PoolPlan planFor(const Settings& settings) {
  const Settings::Server& server = settings.server;
  return {workerPlanFor(settings),
          server.workers,
          server.queue,
          {server.recycle_after, server.recycle_memory, server.recycle_age}};
}

PoolPlan lanePlanFor(const Settings& settings) {
  PoolPlan plan = planFor(settings);
  plan.workers = 1;
  plan.recycling = {};
  plan.worker.engine =
      EnginePlan{settings.debug.engine, settings.debug.wait, settings.debug.address};
  return plan;
}

proxy::ChannelPlan channelPlanFor(const Settings& settings, const std::string& listener) {
  proxy::ChannelPlan plan;
  plan.secret = settings.debug.secret;
  plan.path = settings.debug.path;
  plan.expires = settings.debug.expires;
  plan.allow_insecure = settings.debug.allow_insecure;
  plan.route = settings.debug.route;
  plan.app_root = settings.app.root.string();
  plan.listener = listener;
  plan.version = HOLDFAST_VERSION;
  return plan;
}

HeldRequests::Plan heldRequestsPlanFor(const Settings& settings) {
  HeldRequests::Plan plan;
  plan.patience = settings.hold.patience;
  plan.debug_path = settings.debug.path;
  plan.limits.body = {static_cast<std::size_t>(settings.server.body_memory),
                      settings.server.max_body};
  return plan;
}

FcgiCapacity capacityFor(const Settings& settings, std::size_t inherited) {
  const Settings::Server& server = settings.server;
  const std::size_t slots = std::size_t{server.workers} * server.threads;
  const std::size_t limit = raiseDescriptorLimit();
  // Twice the workers: those of before a reload go when the new ones are ready.
  const std::size_t reserved = kReservedDescriptors + 2 * (slots + 8 * server.workers) +
                               channelConnections(server, limit) * descriptorsOfEach(server);
  const std::size_t left = limit > reserved ? limit - reserved : 0;
  const std::size_t fronts = inherited + !server.listen.empty() + !server.http.empty();
  const std::size_t share = std::max(left / std::max<std::size_t>(fronts, 1), kLeastConnections);
  return {std::min(share, kMaxConnections), slots + server.queue};
}

FcgiLimits fcgiLimitsFor(const Settings& settings) {
  FcgiLimits limits;
  limits.body = {static_cast<std::size_t>(settings.server.body_memory), settings.server.max_body};
  limits.send_time = settings.server.send_timeout;
  return limits;
}

HttpLimits httpLimitsFor(const Settings& settings, const FcgiCapacity& capacity) {
  HttpLimits limits;
  limits.body = {static_cast<std::size_t>(settings.server.body_memory), settings.server.max_body};
  limits.connections = capacity.connections;
  limits.connections_per_address = std::max<std::size_t>(capacity.connections / 4, 16);
  limits.send_time = settings.server.send_timeout;
  return limits;
}

HttpLimits channelLimitsFor(const Settings& settings) {
  HttpLimits limits;
  limits.head_bytes = 16 * kKiB;
  limits.body = {64 * kKiB, 64 * kKiB};
  limits.connections = channelConnections(settings.server, raiseDescriptorLimit());
  limits.connections_per_address = limits.connections / 8;
  limits.idle_time = 15s;
  limits.body_time = 10s;
  limits.send_time = 10s;
  limits.spool_bytes = kKiB * kKiB;
  return limits;
}

}  // namespace holdfast
